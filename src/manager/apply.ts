import { instanceToken, tokenHash } from '../platform/identity.js';
import type { Logger } from '../platform/log.js';
import { NomadError } from '../platform/nomad/errors.js';
import type { Profile } from '../platform/profiles.js';
import type { Action, Outcome } from './plan/action.js';
import { registerJob } from './job.js';
import type { Observed } from './plan/observed.js';
import { type AdaptiveLimit, inParallel } from './parallel.js';
import { usableParent } from './plan/usable-parent.js';
import type { Ports } from './ports.js';
import type { Telemetry } from './telemetry.js';

export interface Applying {
  readonly ports: Ports;
  readonly secret: string;
  readonly pools: readonly Profile[];
  readonly log: Logger;
  readonly telemetry: Telemetry;
  readonly limit: AdaptiveLimit;
  /** Whether this manager still leads, stays and has time: asked before each action. */
  readonly goesOn: () => boolean;
  readonly observed: Observed;
  readonly onRegistered: (profile: string) => void;
}

/** Does the actions, several at a time; one that fails is logged, and the next pass sees what is left. */
export async function apply(actions: readonly Action[], applying: Applying): Promise<readonly Outcome[]> {
  const queue = [...actions];
  const outcomes: Outcome[] = [];
  const addAction = (action: Action) => queue.push(action);
  await inParallel(queue, applying.limit, async (action) => {
    if (applying.goesOn()) outcomes.push(await attempt(action, applying, addAction));
  });
  return outcomes;
}

type AddAction = (action: Action) => void;

async function attempt(action: Action, applying: Applying, addAction: AddAction): Promise<Outcome> {
  const { kind, reason, ...details } = action;
  const { log, limit, telemetry } = applying;
  const start = performance.now();
  const finish = (outcome: Outcome): Outcome => {
    telemetry.action(kind, outcome.result, (performance.now() - start) / 1000);
    return outcome;
  };
  try {
    const changed = await perform(action, applying, addAction);
    if (callsNomad(kind)) limit.succeeded();
    // A probe is repeated until the instance answers: only its success is news.
    const level = changed ? 'info' : 'debug';
    log[level]({ action: kind, ...details, reason, changed }, changed ? `${kind}: ${reason}` : `${kind}: no change`);
    return finish({ kind, result: changed ? 'done' : 'nothing' });
  } catch (error) {
    const { message } = error as Error;
    if (callsNomad(kind)) limit.failed();
    log.warn({ action: kind, ...details, error: message }, `${kind} failed`);
    return finish({ kind, result: 'failed', error: message });
  }
}

const callsNomad = (kind: Action['kind']): boolean => kind === 'dispatch' || kind.startsWith('stop');

async function perform(action: Action, applying: Applying, addAction: AddAction): Promise<boolean> {
  const { ports, observed } = applying;
  const { term } = observed;
  switch (action.kind) {
    case 'register-job':
      await registerJob(ports.cluster, poolOf(action.profile, applying));
      applying.onRegistered(action.profile);
      return true;
    case 'intend':
      return intend(action.profile, action.count, action.reason, applying, addAction);
    case 'dispatch':
      return dispatch(action, applying);
    case 'adopt':
      return ports.store.noteJob(term, action.id, { id: action.jobId, version: null });
    case 'probe':
      return probe(action, applying);
    case 'fail':
      return ports.store.leave(term, { ...action, from: ['booting', 'ready', 'leased'], to: 'failed' });
    case 'retire':
      return ports.store.leave(term, { ...action, to: 'retiring' });
    case 'mark-stopped':
      return ports.store.markStopped(term, action.id, action.reason);
    case 'stop':
    case 'stop-double':
    case 'stop-orphan':
      await ports.cluster.stop(action.jobId);
      return true;
    case 'forget-old':
      await ports.queue.forgetOld(action.entry);
      return true;
    case 'publish-queue':
      await ports.queue.publish(action.queued, action.booting);
      return true;
  }
}

/** New rows, and where the job is there already, their dispatch within this pass. */
async function intend(
  profile: string,
  count: number,
  reason: string,
  applying: Applying,
  addAction: AddAction,
): Promise<boolean> {
  const { ports, observed } = applying;
  const pool = poolOf(profile, applying);
  const { maxInstances } = pool;
  const claimed = usableParent(pool, observed) !== undefined;
  const ids = await ports.store.intend(observed.term, { profile, count, maxInstances, claimed, reason });
  if (claimed) for (const id of ids) addAction({ kind: 'dispatch', id, profile, claimed, reason: 'it is new' });
  return ids.length > 0;
}

/** The claim comes first: of several managers, one may make the call. */
async function dispatch({ id, profile, claimed }: Dispatch, applying: Applying): Promise<boolean> {
  const { ports, secret, observed, goesOn } = applying;
  const { term } = observed;
  const pool = poolOf(profile, applying);
  if (!claimed && !(await ports.store.claimDispatch(term, id))) return false;
  if (!goesOn()) return false;
  const meta = { instance_id: id, token_hash: tokenHash(instanceToken(secret, id)), profile };
  try {
    const jobId = await ports.cluster.dispatch(pool.job, meta, id);
    const version = usableParent(pool, observed)?.version ?? null;
    return await ports.store.noteJob(term, id, { id: jobId, version });
  } catch (error) {
    // Nomad has answered, so no call is under way any more and the next may come before the claim's time is over.
    if (error instanceof NomadError && error.status !== 0) await ports.store.releaseDispatch(term, id);
    throw error;
  }
}

type Dispatch = Extract<Action, { kind: 'dispatch' }>;

interface Probing {
  readonly id: string;
  readonly profile: string;
  readonly node: string;
}

async function probe({ id, profile, node }: Probing, { ports, observed, telemetry }: Applying): Promise<boolean> {
  if (!(await ports.probe.reaches(id))) return false;
  const seconds = await ports.store.markReady(observed.term, id, node);
  if (seconds !== undefined) telemetry.booted(profile, seconds);
  return seconds !== undefined;
}

function poolOf(profile: string, { pools }: Applying): Profile {
  const pool = pools.find(({ name }) => name === profile);
  if (pool === undefined) throw new Error(`no pool has the profile ${profile}`);
  return pool;
}
