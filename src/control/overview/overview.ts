import type { Queryable } from '../../platform/postgres/database.js';
import type { Visitor } from '../access/role.js';
import { readStatus, type Status } from '../status.js';

/** The latest instances of a study that failed, newest first, with the reason in words. */
interface Failure {
  readonly id: string;
  /** Null where no participant had it. */
  readonly study: string | null;
  readonly job: string | null;
  readonly reason: string;
  readonly at: Date;
}

interface Activity {
  readonly study: string;
  readonly profile: string;
  /** Within the last hour. */
  readonly arrived: number;
  /** Participants with an instance whose page was heard of within the last two minutes. */
  readonly active: number;
}

export interface Overview {
  readonly status: Status;
  readonly activity: readonly Activity[];
  readonly failures: readonly Failure[];
}

const MOST_FAILURES = 5;

/** All that somebody looks at first, read from the truth alone: it answers when Nomad and Consul do not. */
export async function readOverview(database: Queryable, staleAfterSeconds: number): Promise<Overview> {
  const latest = (which: string): string =>
    `(select id, study_id as study, job_id as job, reason, coalesce(stopped_at, dispatched_at, created_at) as at, created_at from instances
      where state = 'failed' and study_id ${which} order by created_at desc limit ${MOST_FAILURES})`;
  const failures = await database.query<Failure>(
    `select * from ${latest('is null')} of_none
     union all select f.* from studies s cross join lateral ${latest('= s.id')} f order by created_at desc`,
  );
  const activity = await database.query<Activity>(
    `select id as study, profile,
       (select count(*)::int from participants p where p.study_id = studies.id and p.arrived_at > now() - interval '1 hour') as arrived,
       (select count(*)::int from leases l join participants p on p.id = l.participant_id
        where l.study_id = studies.id and l.ended_at is null and p.heartbeat_at > now() - interval '2 minutes') as active
     from studies order by id`,
  );
  return {
    status: await readStatus(database, staleAfterSeconds),
    activity: activity.rows,
    failures: failures.rows,
  };
}

/** The part of it that somebody may see: their studies, and what belongs to none. */
export function seenBy(overview: Overview, { studies }: Pick<Visitor, 'studies'>): Overview {
  const isSeen = (study: string): boolean => studies === 'all' || studies.includes(study);
  const { status, activity, failures } = overview;
  return {
    status: { ...status, studies: status.studies.filter(({ study }) => isSeen(study)) },
    activity: activity.filter(({ study }) => isSeen(study)),
    failures: failures.filter(({ study }) => study === null || isSeen(study)).slice(0, MOST_FAILURES),
  };
}
