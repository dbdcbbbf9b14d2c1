/** Participants of a study, a page at a time: each page costs the same, however many participants there are. */
import type { ParticipantState } from '../../participants/participant.js';
import type { Queryable } from '../../platform/postgres/database.js';
import { waysIn } from '../../studies/recruitment.js';

export const states: readonly ParticipantState[] = [
  ...(['arrived', 'consented', 'waiting', 'working', 'finished', 'abandoned', 'withdrawn', 'screened'] as const),
];

/** The column to go by and the way; `number` decides between equals, and counts in the order of arrival. */
export const orders = { newest: 'number desc', oldest: 'number asc', ended: 'ended_at desc' } as const;
export type Order = keyof typeof orders;

export interface Wanted {
  /** an id or its first characters, a number, or (for whoever may see them) who somebody is elsewhere. */
  readonly search: string;
  readonly state: ParticipantState | null;
  readonly condition: number | null;
  /** Only those of whom events are lost or kept apart. */
  readonly losses: boolean;
  readonly order: Order;
  /** Behind whom the page begins. */
  readonly after: Cursor | null;
}

export interface Cursor {
  readonly number: string;
  /** To the microsecond. */
  readonly endedAt: string | null;
}

export interface Listed {
  readonly id: string;
  readonly number: string;
  readonly state: ParticipantState;
  readonly condition: string | null;
  readonly identity: string | null;
  readonly arrivedAt: Date;
  readonly endedAt: Date | null;
  readonly heardAt: Date | null;
  readonly events: number;
  readonly lost: number;
}

export const PAGE_LENGTH = 50;

const END = `to_char(p.ended_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** One page, and where the next one begins, null behind the last. */
export async function listParticipants(
  database: Queryable,
  study: string,
  wanted: Wanted,
  seesIdentities: boolean,
): Promise<{ readonly people: readonly Listed[]; readonly next: Cursor | null }> {
  const values: unknown[] = [study];
  const value = (given: unknown): string => `$${values.push(given)}`;
  const where = ['p.study_id = $1', ...filters(wanted, seesIdentities, value), ...beginning(wanted, value)];
  const way = wanted.order === 'oldest' ? 'asc' : 'desc';
  const by = wanted.order === 'ended' ? `p.ended_at ${way}, p.number ${way}` : `p.number ${way}`;
  const { rows } = await database.query<Listed & { readonly end: string | null }>(
    `select p.id, p.number, p.state, c.name as condition, ${seesIdentities ? 'p.identity' : 'null'} as identity,
       p.arrived_at as "arrivedAt", p.ended_at as "endedAt", p.heartbeat_at as "heardAt", p.last_seq::float8 as events,
       (p.lost + p.strays)::float8 as lost, ${END} as end
     from participants p left join conditions c on c.study_id = p.study_id and c.number = p.condition
     where ${where.join(' and ')} order by ${by} limit ${PAGE_LENGTH + 1}`,
    values,
  );
  const people = rows.slice(0, PAGE_LENGTH);
  const last = people.at(-1);
  const endedAt = wanted.order === 'ended' ? (last?.end ?? null) : null;
  const next = rows.length > PAGE_LENGTH && last ? { number: last.number, endedAt } : null;
  return { people, next };
}

/** How many there are; counted in an index that holds all that the filters ask for, as long as nobody is searched. */
export async function countParticipants(
  database: Queryable,
  study: string,
  wanted: Wanted,
  seesIdentities: boolean,
): Promise<number> {
  const values: unknown[] = [study];
  const where = filters(wanted, seesIdentities, (given) => `$${values.push(given)}`);
  const { rows } = await database.query<{ count: number }>(
    `select count(*)::int as count from participants p where ${['p.study_id = $1', ...where].join(' and ')}`,
    values,
  );
  return rows[0]!.count;
}

type Value = (given: unknown) => string;

function filters({ search, state, condition, losses, order }: Wanted, seesIdentities: boolean, value: Value): string[] {
  return [
    ...(search === '' ? [] : [`p.id in (${searched(search, seesIdentities, value)})`]),
    ...(state === null ? [] : [`p.state = ${value(state)}`]),
    ...(condition === null ? [] : [`p.condition = ${value(condition)}`]),
    ...(losses ? ['p.lost + p.strays > 0'] : []),
    ...(order === 'ended' ? ['p.ended_at is not null'] : []),
  ];
}

/** Each way to be found has its index. */
function searched(search: string, seesIdentities: boolean, value: Value): string {
  const ways = ['select null::text where false'];
  if (/^[a-z0-9]{3,12}$/i.test(search)) {
    const id = search.toLowerCase();
    ways.push(`select id from participants where id between ${value(id)} and ${value(id.padEnd(12, 'z'))}`);
  }
  if (/^\d{1,15}$/.test(search)) {
    ways.push(`select id from participants where study_id = $1 and number = ${value(search)}`);
  }
  if (seesIdentities) {
    const identities = [search, ...waysIn.map((way) => `${way}:${search}`)];
    ways.push(`select id from participants where study_id = $1 and identity = any(${value(identities)}::text[])`);
  }
  return ways.join(' union all ');
}

function beginning({ order, after }: Wanted, value: Value): string[] {
  if (after === null) return [];
  const number = value(after.number);
  if (order === 'oldest') return [`p.number > ${number}`];
  if (order === 'newest' || after.endedAt === null) return [`p.number < ${number}`];
  return [`(p.ended_at, p.number) < (${value(after.endedAt)}::timestamptz, ${number})`];
}
