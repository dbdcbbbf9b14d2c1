import { mayRun } from '../participants/instance.js';
import { newInstanceId } from '../platform/identity.js';
import { type Database, type Queryable, transaction } from '../platform/postgres/database.js';
import { CLAIM_SECONDS, type InstanceRow, type LiveState, type StoreView } from './observed.js';

/** The rows of instances as the manager reads and writes them. Every write asks for the writer's own term. */
export interface Store {
  view(): Promise<StoreView>;
  /** The new instance's id, undefined when the term is over or the ceiling is reached. */
  intend(term: number, profile: string, maxInstances: number, reason: string): Promise<string | undefined>;
  /** Whether this term may dispatch the instance now. */
  claimDispatch(term: number, id: string): Promise<boolean>;
  noteJob(term: number, id: string, job: { readonly id: string; readonly version: number | null }): Promise<boolean>;
  markReady(term: number, id: string, node: string): Promise<boolean>;
  /** Ends an instance's use: its lease ends too, and its participant waits again at the old place in the line. */
  leave(term: number, leaving: Leaving): Promise<boolean>;
  markStopped(term: number, id: string, reason: string): Promise<boolean>;
  /** A new leader: the term that is its own from now on. */
  raiseTerm(holder: string): Promise<number>;
}

export interface Leaving {
  readonly id: string;
  readonly from: readonly LiveState[];
  readonly to: 'failed' | 'retiring';
  readonly reason: string;
}

const ownTerm = '(select term from leadership) = $1';
const actor = `'manager'`;

const viewRows = `
select id, profile, state, dispatch_term::float8 as "dispatchTerm", dispatched_at as "dispatchedAt", job_id as "jobId",
       job_version as "jobVersion", created_at as "createdAt", ready_at as "readyAt"
from instances where ${mayRun} order by created_at, id`;

const viewCounts = `
with latest_ready as (select max(ready_at) as at from instances where state in ('ready', 'leased')),
failures as (
  select coalesce(stopped_at, dispatched_at, created_at) as at from instances
  where state = 'failed' and ready_at is null and created_at > now() - interval '15 minutes'
    and created_at > coalesce((select at from latest_ready), '-infinity'))
select (select count(*)::int from participants where state = 'waiting') as waiting,
       (select count(*)::int from failures) as failures, (select max(at) from failures) as "latestFailure"`;

const intendOne = `
with intended as (
  insert into instances (id, profile)
  select $2, $3 where ${ownTerm} and (select count(*) from instances where ${mayRun}) < $4
  returning id, state)
insert into audit (subject, subject_id, to_state, actor, reason) select 'instance', id, state, ${actor}, $5 from intended`;

const claimOne = `
with claimed as (
  update instances set dispatch_term = $1, dispatched_at = now()
  where id = $2 and state = 'booting' and job_id is null and ${ownTerm}
    and (dispatched_at is null or dispatch_term < $1 or dispatched_at < now() - interval '${CLAIM_SECONDS} seconds')
  returning id, state)
insert into audit (subject, subject_id, from_state, to_state, actor, reason)
select 'instance', id, state, state, ${actor}, 'dispatch claimed in term ' || $1::bigint from claimed`;

const noteOne = `
with noted as (
  update instances set job_id = $3, job_version = coalesce($4, job_version)
  where id = $2 and job_id is null and state <> 'stopped' and ${ownTerm} returning id, state)
insert into audit (subject, subject_id, from_state, to_state, actor, reason)
select 'instance', id, state, state, ${actor}, 'its job is ' || $3::text from noted`;

const readyOne = `
with readied as (
  update instances set state = 'ready', ready_at = now(), node = $3
  where id = $2 and state = 'booting' and job_id is not null and ${ownTerm} returning id)
insert into audit (subject, subject_id, from_state, to_state, actor, reason)
select 'instance', id, 'booting', 'ready', ${actor}, 'reached through Traefik' from readied`;

const leaveOne = `
with before as (select id, study_id, state from instances where id = $2 and state = any($3) and ${ownTerm} for update),
left_behind as (
  update instances set state = $4, reason = $5, retired_at = case when $4 = 'retiring' then now() else retired_at end
  from before where instances.id = before.id returning instances.id),
ended as (
  update leases set ended_at = now(), end_reason = $5
  where instance_id in (select id from left_behind) and ended_at is null returning participant_id),
waiting as (
  update participants set state = 'waiting'
  where id in (select participant_id from ended) and state = 'working' returning id, study_id),
audited as (
  insert into audit (study_id, subject, subject_id, from_state, to_state, actor, reason)
  select study_id, 'participant', id, 'working', 'waiting', ${actor}, $5 from waiting)
insert into audit (study_id, subject, subject_id, from_state, to_state, actor, reason)
select study_id, 'instance', id, state, $4, ${actor}, $5 from before`;

const stoppedOne = `
with before as (
  select id, study_id, state from instances
  where id = $2 and (state = 'retiring' or (state = 'failed' and stopped_at is null)) and ${ownTerm} for update),
gone as (
  update instances set state = case when before.state = 'retiring' then 'stopped' else 'failed' end, stopped_at = now()
  from before where instances.id = before.id returning instances.id, instances.state)
insert into audit (study_id, subject, subject_id, from_state, to_state, actor, reason)
select before.study_id, 'instance', before.id, before.state, gone.state, ${actor}, $3
from before join gone on gone.id = before.id`;

const raiseOne = `
with raised as (update leadership set term = term + 1, holder = $1 returning term),
audited as (
  insert into audit (subject, subject_id, to_state, actor, reason)
  select 'leadership', $1, 'leading', ${actor}, 'term ' || term from raised)
select term::float8 as term from raised`;

export class PostgresStore implements Store {
  constructor(private readonly database: Database) {}

  async view(): Promise<StoreView> {
    const { rows } = await this.database.query<InstanceRow>(viewRows);
    const counts = await this.database.query<{ waiting: number; failures: number; latestFailure: Date | null }>(
      viewCounts,
    );
    const { waiting = 0, failures = 0, latestFailure = null } = counts.rows[0] ?? {};
    return { rows, waiting, bootFailures: { count: failures, latest: latestFailure } };
  }

  async intend(term: number, profile: string, maxInstances: number, reason: string): Promise<string | undefined> {
    const id = newInstanceId();
    return (await changed(this.database, intendOne, [term, id, profile, maxInstances, reason])) ? id : undefined;
  }

  claimDispatch(term: number, id: string): Promise<boolean> {
    return changed(this.database, claimOne, [term, id]);
  }

  noteJob(term: number, id: string, job: { readonly id: string; readonly version: number | null }): Promise<boolean> {
    return changed(this.database, noteOne, [term, id, job.id, job.version]);
  }

  markReady(term: number, id: string, node: string): Promise<boolean> {
    return changed(this.database, readyOne, [term, id, node]);
  }

  leave(term: number, { id, from, to, reason }: Leaving): Promise<boolean> {
    return transaction(this.database, async (client) => {
      // Participant before instance before lease, the order in which the web app locks them.
      await client.query(
        `select from participants where id in (select participant_id from leases where instance_id = $1 and ended_at is null)
         for update`,
        [id],
      );
      return changed(client, leaveOne, [term, id, from, to, reason]);
    });
  }

  markStopped(term: number, id: string, reason: string): Promise<boolean> {
    return changed(this.database, stoppedOne, [term, id, reason]);
  }

  async raiseTerm(holder: string): Promise<number> {
    const { rows } = await this.database.query<{ term: number }>(raiseOne, [holder]);
    const term = rows[0]?.term;
    if (term === undefined) throw new Error('the table leadership is empty: the database is not migrated');
    return term;
  }
}

/** Whether a statement that ends with its audit row changed something. */
async function changed(client: Queryable, text: string, values: unknown[]): Promise<boolean> {
  return (await client.query(text, values)).rowCount === 1;
}
