import { mayRun } from '../participants/instance.js';
import { stateInForce } from '../participants/study-state.js';
import { type Leadership, type PassReport, readLeadership } from '../platform/pass-report.js';
import type { Queryable } from '../platform/postgres/database.js';
import type { Settings } from '../platform/settings.js';

/** Instances of a profile as Postgres has them now, with what the last pass wanted; null where no pass told. */
export interface PoolStatus {
  readonly profile: string;
  /** The parent job in Nomad. */
  readonly job: string | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly maxInstances: number | null;
  readonly target: number | null;
  readonly waiting: number;
  readonly booting: number;
  readonly ready: number;
  readonly leased: number;
  readonly retiring: number;
  /** Failed, and not yet known to be gone. */
  readonly failed: number;
}

export interface StudyStatus {
  readonly study: string;
  readonly state: string;
  /** Participants who have an instance. */
  readonly working: number;
  /** Participants in the line. */
  readonly waiting: number;
  /** Events that never arrived, or came from a page that another had taken over and are kept apart. */
  readonly lost: number;
}

export interface Status {
  readonly at: Date;
  /** Each a sentence for people; empty when all is well. */
  readonly problems: readonly string[];
  /** Who leads; null when nobody does. */
  readonly leader: { readonly host: string; readonly pid: number; readonly since: Date | null } | null;
  readonly lastPass: {
    readonly at: Date;
    readonly ageSeconds: number;
    readonly milliseconds: number;
    readonly actions: PassReport['actions'];
  } | null;
  readonly drained: boolean;
  readonly pools: readonly PoolStatus[];
  readonly studies: readonly StudyStatus[];
  /** What Postgres alone does not tell, each a sentence. */
  readonly unknown: readonly string[];
}

/** A leader reports after each pass: after this long without a report, none leads. */
export const staleAfter = ({ OBSERVATORY_PASS_SECONDS }: Pick<Settings, 'OBSERVATORY_PASS_SECONDS'>): number =>
  Math.max(30, 3 * OBSERVATORY_PASS_SECONDS);

/** The state of the whole, from Postgres alone: it answers when Nomad and Consul do not. */
export async function readStatus(database: Queryable, staleAfterSeconds: number): Promise<Status> {
  const leadership = await readLeadership(database);
  const { at, since } = await readTimes(database, leadership.holder);
  const { report, reportedAt, holder } = leadership;
  const ageSeconds = reportedAt === null ? Infinity : Math.max(0, (at.getTime() - reportedAt.getTime()) / 1000);
  const leads = ageSeconds <= staleAfterSeconds;
  const [host = '', pid = ''] = holder?.split('/') ?? [];
  return {
    at,
    problems: leads ? (report?.problems ?? []) : leaderless(leadership, ageSeconds),
    leader: leads ? { host, pid: Number(pid), since } : null,
    lastPass:
      report === null || reportedAt === null
        ? null
        : { at: reportedAt, ageSeconds, milliseconds: report.milliseconds, actions: report.actions },
    drained: report?.drained ?? false,
    pools: await readPools(database, report),
    studies: await readStudies(database),
    unknown: unknownFor(leads, report),
  };
}

function leaderless({ holder, reportedAt, report }: Leadership, ageSeconds: number): string[] {
  if (holder === null || reportedAt === null || report === null) {
    return ['Nobody leads: no manager has made a pass yet. Start `observatory manager`; it needs Consul and Postgres.'];
  }
  const [host, pid] = holder.split('/');
  return [
    `Nobody leads: the last pass was ${duration(ageSeconds)} ago, by process ${pid} on ${host}. No instance is started or ` +
      'stopped meanwhile; those that are ready are still given out. Is a manager running, and does it reach Consul and Postgres?',
    ...report.problems.map((problem) => `At the last pass: ${problem}`),
  ];
}

function unknownFor(leads: boolean, report: PassReport | null): string[] {
  const unasked = 'Nomad and Consul were not asked: `observatory doctor` examines them.';
  if (report === null) return ['What the pools should have is known after the first pass.', unasked];
  if (leads) return [unasked];
  return [
    'What the pools should have is as of the last pass, and whether the instances still run is not known.',
    unasked,
  ];
}

async function readTimes(database: Queryable, holder: string | null): Promise<{ at: Date; since: Date | null }> {
  const { rows } = await database.query<{ at: Date; since: Date | null }>(
    `select now() as at, (select at from audit where subject = 'leadership' and subject_id = $1 order by id desc limit 1) as since`,
    [holder],
  );
  return rows[0]!;
}

type Counts = Omit<PoolStatus, 'job' | 'min' | 'max' | 'maxInstances' | 'target'>;

async function readPools(database: Queryable, report: PassReport | null): Promise<PoolStatus[]> {
  const { rows } = await database.query<Counts>(
    `with alive as (select profile, state from instances where ${mayRun}),
     line as (select v.profile from participants p join study_versions v on v.study_id = p.study_id and v.number = p.version where p.state = 'waiting')
     select profile, (select count(*)::int from line where line.profile = profiles.profile) as waiting,
       count(*) filter (where state = 'booting')::int as booting, count(*) filter (where state = 'ready')::int as ready,
       count(*) filter (where state = 'leased')::int as leased, count(*) filter (where state = 'retiring')::int as retiring,
       count(*) filter (where state = 'failed')::int as failed
     from (select profile from alive union select profile from line union select unnest($1::text[])) profiles
       left join alive using (profile)
     group by profile order by profile`,
    [report?.pools.map(({ profile }) => profile) ?? []],
  );
  return rows.map((counts) => {
    const wanted = report?.pools.find(({ profile }) => profile === counts.profile);
    const { job = null, min = null, max = null, maxInstances = null, target = null } = wanted ?? {};
    return { ...counts, job, min, max, maxInstances, target };
  });
}

async function readStudies(database: Queryable): Promise<StudyStatus[]> {
  const { rows } = await database.query<StudyStatus>(
    `select id as study, ${stateInForce} as state,
       (select count(*)::int from leases where study_id = studies.id and ended_at is null) as working,
       (select count(*)::int from participants p where p.study_id = studies.id and p.state = 'waiting') as waiting,
       (select coalesce(sum(value), 0)::int from counters where study_id = studies.id and scope = 'record') as lost
     from studies order by id`,
  );
  return rows;
}

/** Such as "41 s", "3 min", "2 h 5 min", "3 d 4 h". */
export function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (minutes < 60) return `${minutes} min`;
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
