import type { Queryable } from '../platform/postgres/database.js';
import { readStatus, type Status } from './status.js';

export interface Overview {
  readonly status: Status;
  /** The latest instances that failed, newest first, with the reason in words. */
  readonly failures: readonly { readonly id: string; readonly reason: string; readonly at: Date }[];
}

/** What somebody looks at first, read from the truth alone: it answers when Nomad and Consul do not. `seen` null is every study. */
export async function readOverview(
  database: Queryable,
  staleAfterSeconds: number,
  seen: readonly string[] | null,
): Promise<Overview> {
  const failures = await database.query<Overview['failures'][number]>(
    `select id, reason, coalesce(stopped_at, dispatched_at, created_at) as at from instances
     where state = 'failed' and ($1::text[] is null or study_id is null or study_id = any($1))
     order by created_at desc limit 5`,
    [seen],
  );
  const status = await readStatus(database, staleAfterSeconds);
  const studies = status.studies.filter(({ study }) => seen === null || seen.includes(study));
  return {
    status: { ...status, studies },
    failures: failures.rows,
  };
}
