import { isTrue } from './go-bool.js';
interface Page<T> {
  rows: T[];
  next?: string;
}

/** The order of a list, and the token of each row in it. */
export interface Order<T> {
  compare: (one: T, other: T) => number;
  token: (row: T) => string;
  /** Whether a token was passed already; tokens are not always in the order of the texts. */
  reversible: boolean;
}

interface Created {
  ID: string;
  CreateIndex: number;
}

/** Allocations and evaluations: oldest first, `?reverse=true` newest first. */
export const byCreation: Order<Created> = {
  compare: (one, other) => one.CreateIndex - other.CreateIndex || (one.ID < other.ID ? -1 : 1),
  token: ({ ID, CreateIndex }) => `${CreateIndex}.${ID}`,
  reversible: true,
};

/** Jobs and nodes: by name, in one direction only. */
export function byName<T>(token: (row: T) => string): Order<T> {
  return { compare: (one, other) => (token(one) < token(other) ? -1 : 1), token, reversible: false };
}

/** A page of a list; a size that is no number is none. */
export function page<T>(rows: T[], { compare, token, reversible }: Order<T>, query: URLSearchParams): Page<T> {
  const sorted = [...rows].sort(compare);
  if (reversible && isTrue(query.get('reverse'))) sorted.reverse();
  const size = Number(query.get('per_page') ?? 0) || 0;
  const from = query.get('next_token') ?? '';
  const found = sorted.findIndex((row) => token(row) === from);
  const start = from === '' ? 0 : found >= 0 ? found : sorted.findIndex((row) => token(row) >= from);
  const rest = start < 0 ? [] : sorted.slice(start);
  const following = size === 0 ? undefined : rest[Math.max(size, 0)];
  return {
    rows: size === 0 ? rest : rest.slice(0, Math.max(size, 0)),
    ...(following === undefined ? {} : { next: token(following) }),
  };
}
