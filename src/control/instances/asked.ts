import type { Query } from '../asked-text.js';
import { type Cursor, states, type Wanted } from './list.js';

/** What the address of the list asks for. What it has that is none of it is as if it were not there. */
export function wantedOf(query: Query): Wanted {
  const text = (name: string): string => (typeof query[name] === 'string' ? query[name] : '');
  const state = ([...states, 'all'] as const).find((known) => known === text('state')) ?? null;
  return { state, after: cursorOf(text('after')) };
}

/** Null for what is no place in the list. */
export function cursorOf(text: string): Cursor | null {
  const [, createdAt, id] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)_([0-9a-f]{12})$/.exec(text) ?? [];
  if (createdAt === undefined || id === undefined || Number.isNaN(Date.parse(createdAt))) return null;
  return { createdAt, id };
}

export const cursorText = ({ createdAt, id }: Cursor): string => `${createdAt}_${id}`;

/** The address of the page that begins behind an instance. */
export function addressOf({ state }: Wanted, after: Cursor | null): string {
  const query = new URLSearchParams();
  if (state !== null) query.set('state', state);
  if (after !== null) query.set('after', cursorText(after));
  return `/control/instances${query.size === 0 ? '' : `?${query.toString()}`}`;
}
