import { applyStudyStates } from '../participants/study-state.js';
import { newInstanceId } from '../platform/identity.js';
import type { LiveSettings } from '../platform/live-settings.js';
import { type PassReport, writePassReport } from '../platform/pass-report.js';
import { type Database, type Queryable, transaction } from '../platform/postgres/database.js';
import { type Demand, type InstanceRow, type LiveState, noDemand, type StoreView } from './plan/observed.js';
import * as sql from './statements.js';

/** The rows of instances as the manager reads and writes them. Every write asks for the writer's own term. */
export interface Store {
  view(): Promise<StoreView>;
  /** The ids of the new instances: none when the term is over, fewer than asked for where the ceiling is reached. */
  intend(term: number, intent: Intent): Promise<readonly string[]>;
  /** Whether this term may dispatch the instance now. */
  claimDispatch(term: number, id: string): Promise<boolean>;
  /** The dispatch is over without a job: it may be claimed again at once. */
  releaseDispatch(term: number, id: string): Promise<boolean>;
  noteJob(term: number, id: string, job: { readonly id: string; readonly version: number | null }): Promise<boolean>;
  /** Seconds since its dispatch, undefined when it was not booting any more. */
  markReady(term: number, id: string, node: string): Promise<number | undefined>;
  /** Ends an instance's use: its lease ends too, and its participant waits again at the old place in the line. */
  leave(term: number, leaving: Leaving): Promise<boolean>;
  markStopped(term: number, id: string, reason: string): Promise<boolean>;
  /** Puts the states that are set live in force; those of them that name no study here. */
  applyStudyStates(term: number, states: LiveSettings['studies']): Promise<readonly string[]>;
  /** Keeps what the pass saw and did, for status and control. */
  report(term: number, report: PassReport): Promise<boolean>;
  /** A new leader: the term that is its own from now on. */
  raiseTerm(holder: string): Promise<number>;
}

export interface Intent {
  readonly profile: string;
  readonly count: number;
  readonly maxInstances: number;
  /** Whether their dispatch follows at once: then they are claimed for this term already. */
  readonly claimed: boolean;
  readonly reason: string;
}

export interface Leaving {
  readonly id: string;
  readonly from: readonly LiveState[];
  readonly to: 'failed' | 'retiring';
  readonly reason: string;
}

export class PostgresStore implements Store {
  constructor(private readonly database: Database) {}

  async view(): Promise<StoreView> {
    const { rows } = await this.database.query<InstanceRow>(sql.viewRows);
    const [times, wanted, failures] = await Promise.all([
      this.database.query<{ at: Date }>('select now() as at'),
      this.database.query<Wanted>(sql.viewWanted),
      this.database.query<Failures>(sql.viewFailures),
    ]);
    return { at: times.rows[0]!.at, rows, demand: demandOf(wanted.rows, failures.rows) };
  }

  async intend(term: number, { profile, count, maxInstances, claimed, reason }: Intent): Promise<readonly string[]> {
    const ids = Array.from({ length: count }, newInstanceId);
    const { rows } = await this.database.query<{ id: string }>(sql.intendSome, [
      term,
      ids,
      profile,
      maxInstances,
      reason,
      claimed,
    ]);
    return rows.map(({ id }) => id);
  }

  claimDispatch(term: number, id: string): Promise<boolean> {
    return changed(this.database, sql.claimOne, [term, id]);
  }

  releaseDispatch(term: number, id: string): Promise<boolean> {
    return changed(this.database, sql.releaseOne, [term, id]);
  }

  noteJob(term: number, id: string, job: { readonly id: string; readonly version: number | null }): Promise<boolean> {
    return changed(this.database, sql.noteOne, [term, id, job.id, job.version]);
  }

  async markReady(term: number, id: string, node: string): Promise<number | undefined> {
    const { rows } = await this.database.query<{ seconds: number }>(sql.readyOne, [term, id, node]);
    return rows[0]?.seconds;
  }

  leave(term: number, { id, from, to, reason }: Leaving): Promise<boolean> {
    return transaction(this.database, async (client) => {
      // Participant before instance before lease, the order in which the web app locks them.
      await client.query(
        `select from participants where id in (select participant_id from leases where instance_id = $1 and ended_at is null)
         for update`,
        [id],
      );
      return changed(client, sql.leaveOne, [term, id, from, to, reason]);
    });
  }

  markStopped(term: number, id: string, reason: string): Promise<boolean> {
    return changed(this.database, sql.stoppedOne, [term, id, reason]);
  }

  async applyStudyStates(term: number, states: LiveSettings['studies']): Promise<readonly string[]> {
    return (await applyStudyStates(this.database, term, states)).unknown;
  }

  report(term: number, report: PassReport): Promise<boolean> {
    return writePassReport(this.database, term, report);
  }

  async raiseTerm(holder: string): Promise<number> {
    const { rows } = await this.database.query<{ term: number }>(sql.raiseOne, [holder]);
    const term = rows[0]?.term;
    if (term === undefined) throw new Error('the table leadership is empty: the database is not migrated');
    return term;
  }
}

type Wanted = Pick<Demand, 'waiting' | 'arriving'> & { readonly profile: string };
type Failures = Demand['bootFailures'] & { readonly profile: string };

function demandOf(wanted: readonly Wanted[], failures: readonly Failures[]): ReadonlyMap<string, Demand> {
  const demand = new Map<string, Demand>();
  for (const { profile, waiting, arriving } of wanted) demand.set(profile, { ...noDemand, waiting, arriving });
  for (const { profile, ...bootFailures } of failures)
    demand.set(profile, { ...(demand.get(profile) ?? noDemand), bootFailures });
  return demand;
}

/** Whether a statement that ends with its audit row changed something. */
async function changed(client: Queryable, text: string, values: unknown[]): Promise<boolean> {
  return (await client.query(text, values)).rowCount === 1;
}
