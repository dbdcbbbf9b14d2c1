import { mayRun } from '../participants/instance.js';
import type { Queryable } from '../platform/postgres/database.js';

export interface Overview {
  /** Instances that may have a process, by state. */
  readonly instances: readonly { readonly state: string; readonly count: number }[];
  /** Participants by study and state. */
  readonly participants: readonly { readonly study: string; readonly state: string; readonly count: number }[];
  /** The latest instances that failed, newest first, with the reason in words. */
  readonly failures: readonly { readonly id: string; readonly reason: string; readonly at: Date }[];
}

/** What an operator looks at first, read from the truth alone: it answers when Nomad and Consul do not. */
export async function readOverview(database: Queryable): Promise<Overview> {
  const instances = await database.query<Overview['instances'][number]>(
    `select state, count(*)::int as count from instances
     where ${mayRun}
     group by state order by array_position(array['booting', 'ready', 'leased', 'retiring', 'failed'], state)`,
  );
  const participants = await database.query<Overview['participants'][number]>(
    `select study_id as study, state, count(*)::int as count from participants group by study_id, state
     order by study_id, array_position(array['arrived', 'consented', 'waiting', 'working', 'finished'], state), state`,
  );
  const failures = await database.query<Overview['failures'][number]>(
    `select id, reason, coalesce(stopped_at, dispatched_at, created_at) as at from instances
     where state = 'failed' order by at desc limit 5`,
  );
  return { instances: instances.rows, participants: participants.rows, failures: failures.rows };
}
