import type { Acl } from './acl.js';
import type { Answer, Call } from './http.js';
import type { Jobs } from './jobs.js';
import type { Node } from './node.js';
import type { Store } from './store.js';
import { filterBy } from './filter.js';
import { page, type Order } from './page.js';
import { NomadError } from './types.js';

/** What the calls work on. */
export interface Surroundings {
  store: Store;
  jobs: Jobs;
  acl: Acl;
  node: Node;
  /** All there are, `default` first. */
  namespaces: string[];
  python: string;
  /** Folder of the allocations. */
  root: string;
}

const allowedWait = { default: 300_000, most: 600_000 };
const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function waitMilliseconds(query: URLSearchParams): number {
  const wait = query.get('wait');
  if (wait === null || wait === '') return allowedWait.default;
  const parts = [...wait.matchAll(/([\d.]+)(ms|s|m|h)/g)];
  if (parts.map(([part]) => part).join('') !== wait) throw new NomadError(400, 'Invalid wait time');
  const milliseconds = parts.reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * units[unit as keyof typeof units],
    0,
  );
  return Math.min(milliseconds || allowedWait.default, allowedWait.most);
}

function indexOf(query: URLSearchParams): number {
  const index = query.get('index') ?? '0';
  if (!/^\d*$/.test(index)) throw new NomadError(400, 'Invalid index');
  return Number(index);
}

/**
 * A read that can wait: with ?index= it answers when what it reads was written after that, or when the wait is over. It does not
 * end with its caller: as in Nomad, an aborted one keeps its connection's slot.
 */
export async function blocking(store: Store, call: Call, read: () => Answer): Promise<Answer> {
  const after = indexOf(call.query);
  const wait = waitMilliseconds(call.query);
  const signal = AbortSignal.timeout(after === 0 ? 0 : Math.round(wait + Math.random() * (wait / 16)));
  for (;;) {
    const answer = read();
    if (after === 0 || (answer.index ?? 0) > after || signal.aborted) {
      return { ...answer, index: Math.max(answer.index ?? 0, 1), read: true };
    }
    await store.nextWrite(signal);
  }
}

export function inNamespace({ namespace }: Call): (item: { Namespace: string }) => boolean {
  return (item) => namespace === '*' || item.Namespace === namespace;
}

interface List<T> {
  items: Iterable<T>;
  order: Order<T>;
  /** What a filter sees of an item. */
  seen: (item: T) => unknown;
  row: (item: T) => unknown;
  index: number;
}

/** A list with prefix, filter and pages. A page that is full does not look at what follows, so neither do its filters. */
export function list<T extends { ID: string }>(call: Call, { items, order, seen, row, index }: List<T>): Answer {
  const expression = call.query.get('filter') ?? '';
  const passes = expression === '' ? () => true : filterBy(expression);
  const prefix = call.query.get('prefix') ?? '';
  const wanted = [...items].filter((item) => item.ID.startsWith(prefix) && passes(seen(item)));
  const { rows, next } = page(wanted, order, call.query);
  return { body: rows.map(row), index, nextToken: next };
}
