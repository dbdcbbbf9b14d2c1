import { mayRun } from '../../participants/instance.js';
import type { Queryable } from '../../platform/postgres/database.js';

export const states = ['booting', 'ready', 'leased', 'retiring', 'failed', 'stopped'] as const;
export type State = (typeof states)[number];

export interface Instance {
  readonly id: string;
  readonly profile: string;
  /** Whose participant has or had it; null for one that nobody got yet. */
  readonly study: string | null;
  readonly state: State;
  readonly reason: string | null;
  readonly node: string | null;
  /** In Nomad. */
  readonly job: string | null;
  readonly createdAt: Date;
  /** From its creation until now, or until it was gone. */
  readonly ageSeconds: number;
  /** From its dispatch to the first answer through Traefik. */
  readonly bootSeconds: number | null;
}

/** The last one of a page: the next page begins behind it. */
export interface Cursor {
  /** To the microsecond, as Postgres has it. */
  readonly createdAt: string;
  readonly id: string;
}

export interface Wanted {
  /** Null: those that may have a process. */
  readonly state: State | 'all' | null;
  readonly after: Cursor | null;
}

/** How many a page shows. */
export const PAGE = 50;

const columns = `
  id, profile, study_id as study, state, reason, node, job_id as job, created_at as "createdAt",
  extract(epoch from coalesce(stopped_at, now()) - created_at)::float8 as "ageSeconds",
  extract(epoch from ready_at - coalesce(dispatched_at, created_at))::float8 as "bootSeconds"`;

/** $1: the studies that somebody sees, null for all. What no participant has had is everybody's. */
const seen = '($1::text[] is null or study_id is null or study_id = any($1))';

const ofState = (state: Wanted['state']): string => {
  if (state === 'all') return '';
  return state === null ? `and ${mayRun}` : `and state = '${state}'`;
};

/** The newest first. */
export async function listInstances(
  database: Queryable,
  studies: readonly string[] | null,
  { state, after }: Wanted,
): Promise<{ instances: Instance[]; next: Cursor | null }> {
  const { rows } = await database.query<Instance & { at: string }>(
    `select ${columns}, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at from instances
     where ${seen} ${ofState(state)} and ($2::timestamptz is null or (created_at, id) < ($2, $3))
     order by created_at desc, id desc limit ${PAGE + 1}`,
    [studies, after?.createdAt ?? null, after?.id ?? null],
  );
  const instances = rows.slice(0, PAGE);
  const last = instances.at(-1);
  return { instances, next: rows.length > PAGE && last ? { createdAt: last.at, id: last.id } : null };
}

export async function readInstance(
  database: Queryable,
  studies: readonly string[] | null,
  id: string,
): Promise<Instance | undefined> {
  const { rows } = await database.query<Instance>(`select ${columns} from instances where ${seen} and id = $2`, [
    studies,
    id,
  ]);
  return rows[0];
}

/** Who has or had it. */
export interface Lease {
  readonly study: string;
  readonly participant: string;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
  readonly reason: string | null;
}

export async function readLeases(database: Queryable, id: string): Promise<Lease[]> {
  const { rows } = await database.query<Lease>(
    `select study_id as study, participant_id as participant, started_at as "startedAt", ended_at as "endedAt", end_reason as reason
     from leases where instance_id = $1 order by id`,
    [id],
  );
  return rows;
}
