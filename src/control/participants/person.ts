/** All that is known of one participant, but the steps of their work. */
import type { ParticipantState } from '../../participants/participant.js';
import type { Queryable } from '../../platform/postgres/database.js';

export interface Person {
  readonly id: string;
  readonly number: string;
  readonly state: ParticipantState;
  readonly condition: string | null;
  /** Of the study. */
  readonly version: number | null;
  readonly arrivedAt: Date;
  readonly consentedAt: Date | null;
  readonly workingAt: Date | null;
  readonly endedAt: Date | null;
  readonly heardAt: Date | null;
  readonly consent: unknown;
  readonly origin: string | null;
  readonly events: number;
  readonly missing: number;
  readonly lost: number;
  readonly strays: number;
  readonly duplicates: number;
  readonly screening: (Answered & { readonly fits: boolean }) | null;
  readonly exit: Answered | null;
  /** Null for whoever may not see it. */
  readonly who: { readonly identity: string | null; readonly recruitment: Readonly<Record<string, string>> } | null;
}

export interface Answered {
  readonly at: string;
  readonly answers: Readonly<Record<string, unknown>>;
}

/** Undefined for who is not there, or is of another study. */
export async function readPerson(
  database: Queryable,
  study: string,
  id: string,
  seesIdentities: boolean,
): Promise<Person | undefined> {
  const { rows } = await database.query<Person>(
    `select p.id, p.number, p.state, c.name as condition, p.version, p.arrived_at as "arrivedAt", p.consented_at as "consentedAt",
       p.working_at as "workingAt", p.ended_at as "endedAt", p.heartbeat_at as "heardAt", p.consent, p.origin,
       p.last_seq::float8 as events, (p.highest_seq - p.last_seq)::float8 as missing, p.lost::float8, p.strays::float8, p.duplicates::float8,
       (select jsonb_build_object('at', answered_at, 'answers', answers, 'fits', fits) from screenings where participant_id = p.id) as screening,
       (select jsonb_build_object('at', answered_at, 'answers', answers) from answers where participant_id = p.id) as exit,
       ${seesIdentities ? `jsonb_build_object('identity', p.identity, 'recruitment', p.recruitment - 'tok')` : 'null'} as who
     from participants p
     left join condition_versions c on c.study_id = p.study_id and c.version = p.version and c.number = p.condition
     where p.id = $2 and p.study_id = $1`,
    [study, id],
  );
  return rows[0];
}

export interface Lease {
  readonly instance: string;
  readonly job: string | null;
  readonly node: string | null;
  readonly state: string;
  readonly startedAt: Date;
  readonly preparedAt: Date | null;
  readonly endedAt: Date | null;
  readonly reason: string | null;
}

export async function readLeases(database: Queryable, id: string): Promise<Lease[]> {
  const { rows } = await database.query<Lease>(
    `select i.id as instance, i.job_id as job, i.node, i.state, l.started_at as "startedAt", l.prepared_at as "preparedAt",
       l.ended_at as "endedAt", l.end_reason as reason
     from leases l join instances i on i.id = l.instance_id where l.participant_id = $1 order by l.id`,
    [id],
  );
  return rows;
}
