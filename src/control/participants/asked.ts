/** What the address of the list asks for. What it has that is none of it is as if it were not there. */
import { askedText, type Query } from '../asked-text.js';
import { type Cursor, type Order, orders, states, type Wanted } from './list.js';

export function wantedOf(query: Query): Wanted {
  const text = (name: string): string => (typeof query[name] === 'string' ? query[name] : '');
  const order = Object.hasOwn(orders, text('order')) ? (text('order') as Order) : 'newest';
  const state = states.find((known) => known === text('state')) ?? null;
  const condition = /^[1-9]\d{0,8}$/.test(text('condition')) ? Number(text('condition')) : null;
  return {
    search: askedText(text('search')),
    ...{ state, condition, order, losses: text('losses') === '1' },
    after: cursorOf(text('after'), order),
  };
}

const END = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

/** Null for what is no place in a list of this order. */
export function cursorOf(text: string, order: Order): Cursor | null {
  const [number = '', endedAt = null] = text.split('_');
  if (!/^\d{1,15}$/.test(number) || (endedAt !== null) !== (order === 'ended')) return null;
  if (endedAt !== null && (!END.test(endedAt) || Number.isNaN(Date.parse(endedAt)))) return null;
  return { number, endedAt };
}

export const cursorText = ({ number, endedAt }: Cursor): string => (endedAt === null ? number : `${number}_${endedAt}`);

/** The address of the page that begins behind somebody. */
export function addressOf({ search, state, condition, losses, order }: Wanted, after: Cursor | null): string {
  const query = new URLSearchParams();
  if (search !== '') query.set('search', search);
  if (state !== null) query.set('state', state);
  if (condition !== null) query.set('condition', String(condition));
  if (losses) query.set('losses', '1');
  if (order !== 'newest') query.set('order', order);
  if (after !== null) query.set('after', cursorText(after));
  return query.size === 0 ? '' : `?${query.toString()}`;
}
