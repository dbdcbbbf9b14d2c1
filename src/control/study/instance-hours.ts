import type { Queryable } from '../../platform/postgres/database.js';

export interface InstanceHours {
  /** That participants of the study got; those that nobody got belong to no study. */
  readonly instances: number;
  /** Those of them that have not stopped. */
  readonly running: number;
  /** From when it was started until it had stopped, or until now. */
  readonly hours: number;
  /** Those of them before a participant got it. */
  readonly warm: number;
}

export async function readInstanceHours(database: Queryable, study: string): Promise<InstanceHours> {
  const { rows } = await database.query<InstanceHours>(
    `select count(*)::int as instances, count(*) filter (where stopped_at is null)::int as running,
       coalesce(extract(epoch from sum(coalesce(stopped_at, now()) - started)) / 3600, 0)::float8 as hours,
       coalesce(extract(epoch from sum(leased_at - started)) / 3600, 0)::float8 as warm
     from (select stopped_at, leased_at, coalesce(dispatched_at, created_at) as started from instances where study_id = $1) own`,
    [study],
  );
  return rows[0]!;
}
