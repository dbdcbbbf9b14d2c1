/** The audit, a page at a time. Each page costs the same, however many lines there are. */
import type { Queryable } from '../../platform/postgres/database.js';
import type { Change } from '../changes.js';

export const subjects = ['study', 'participant', 'instance', 'user', 'leadership'] as const;
export type Subject = (typeof subjects)[number];

export interface Wanted {
  readonly study: string | null;
  readonly subject: Subject | null;
  /** Of a subject: a study's, a participant's, an instance's id, a user's name. */
  readonly id: string | null;
  readonly actor: string | null;
  /** Behind which line the page begins. */
  readonly after: string | null;
}

export interface Line extends Change {
  readonly number: string;
  readonly study: string | null;
  readonly subject: Subject;
  /** Of the subject. */
  readonly id: string;
}

export interface AuditPage {
  readonly lines: readonly Line[];
  /** Where to go on, null behind the last line. */
  readonly next: string | null;
}

/** How many lines a page shows. */
const PAGE = 50;
/** Where no index has all that is asked for, a page looks through so many lines of those that one has, and the next page goes on behind them. */
const MOST_LOOKED_THROUGH = 5_000;

/** What some index finds in the order of the lines, and what is left to be looked at in each. */
interface Way {
  /** As the index has it; see migration 29. */
  readonly order: 'id desc' | '-id';
  readonly indexed: readonly string[];
  /** Looked through one by one, since each of them alone is in its order in the index. */
  readonly studies: readonly string[] | null;
  readonly rest: readonly string[];
}

type Value = (given: unknown) => string;

/** @param seen the studies that somebody sees, of which they see all but what is about users; null: all there is */
export async function listAudit(
  database: Queryable,
  seen: readonly string[] | null,
  wanted: Wanted,
  length = PAGE,
): Promise<AuditPage> {
  const values: unknown[] = [];
  const value: Value = (given) => `$${values.push(given)}`;
  const { order, indexed, studies, rest } = wayTo(wanted, seen, value);
  const most = rest.length === 0 ? length + 1 : MOST_LOOKED_THROUGH;
  const behind =
    wanted.after === null
      ? []
      : [order === '-id' ? `-id > -${value(wanted.after)}::bigint` : `id < ${value(wanted.after)}`];
  const lines = (where: readonly string[]): string =>
    `select * from audit where ${[...where, ...behind, 'true'].join(' and ')} order by ${order} limit ${most}`;
  const looked =
    studies === null
      ? lines(indexed)
      : `select found.* from unnest(${value(studies)}::text[]) study cross join lateral
         (${lines([...indexed, 'study_id = study'])}) found order by found.id desc limit ${most}`;
  const { rows } = await database.query<Line & { readonly last: string; readonly count: number }>(
    `with looked as materialized (${looked}),
     shown as (select * from looked where ${[...rest, 'true'].join(' and ')} order by id desc limit ${length + 1})
     select shown.id as number, at, study_id as study, subject, subject_id as id, from_state as "from", to_state as "to", actor, reason,
       ends.last, ends.count
     from (select min(id) as last, count(*)::int as count from looked) ends left join shown on true order by shown.id desc`,
    values,
  );
  return pageOf(rows, most, length);
}

function wayTo({ study, subject, id, actor }: Wanted, seen: readonly string[] | null, value: Value): Way {
  // A value that no part of the statement has is refused by Postgres, so each is made where it is needed.
  const ofStudy = (): string[] => (study === null ? [] : [`study_id = ${value(study)}`]);
  const ofActor = (): string[] => (actor === null ? [] : [`actor = ${value(actor)}`]);
  const ofKind = subject === null ? [] : [`subject = '${subject}'`];
  // Of a study there are few lines about users.
  const ofOthers = seen === null ? [] : [`subject <> 'user'`];
  const ofSeen = (): string[] => (seen === null ? [] : [`study_id = any(${value(seen)}::text[])`, ...ofOthers]);
  if (id !== null) {
    const kinds = `subject = any(${value(subject === null ? subjects : [subject])}::text[])`;
    const indexed = [kinds, `subject_id = ${value(id)}`];
    return { order: 'id desc', indexed, studies: null, rest: [...ofStudy(), ...ofActor(), ...ofSeen()] };
  }
  const order = '-id';
  if (actor !== null) return { order, indexed: ofActor(), studies: null, rest: [...ofStudy(), ...ofKind, ...ofSeen()] };
  if (seen !== null) {
    const studies = study === null ? seen : seen.filter((one) => one === study);
    return { order, indexed: ofOthers, studies, rest: ofKind };
  }
  if (study !== null) return { order, indexed: ofStudy(), studies: null, rest: ofKind };
  const isRare = subject !== null && subject !== 'participant' && subject !== 'instance';
  return isRare
    ? { order, indexed: ofKind, studies: null, rest: [] }
    : { order: 'id desc', indexed: [], studies: null, rest: ofKind };
}

function pageOf(
  rows: readonly (Line & { readonly last: string; readonly count: number })[],
  most: number,
  length: number,
): AuditPage {
  const { last, count } = rows[0]!;
  // A page without a line is one row all the same.
  const found = rows.filter(({ number }) => (number as string | null) !== null);
  const lines = found.slice(0, length).map(({ number, at, study, subject, id, from, to, actor, reason }) => ({
    ...{ number, at, study, subject, id, from, to, actor, reason },
  }));
  if (found.length > length) return { lines, next: lines.at(-1)!.number };
  return { lines, next: count === most ? last : null };
}
