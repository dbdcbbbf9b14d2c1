import { instanceToken, tokenHash } from '../platform/identity.js';
import type { Logger } from '../platform/log.js';
import type { Settings } from '../platform/settings.js';
import type { Action } from './action.js';
import { registerJob } from './job.js';
import type { Observed } from './observed.js';
import type { Ports } from './ports.js';

const PARALLEL = 8;

export interface Applying {
  readonly ports: Ports;
  readonly settings: Settings;
  readonly log: Logger;
  /** Whether this manager still leads: asked before each action. */
  readonly leads: () => boolean;
  readonly observed: Observed;
  readonly onRegistered: (service: string) => void;
}

/** Does the actions, a few at a time; one that fails is logged, and the next pass sees what is left. How many changed something. */
export async function apply(actions: readonly Action[], applying: Applying): Promise<number> {
  const queue = [...actions];
  let done = 0;
  const work = async () => {
    for (let action = queue.shift(); action !== undefined; action = queue.shift()) {
      if (!applying.leads()) return;
      if (await attempt(action, applying)) done += 1;
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return done;
}

async function attempt(action: Action, applying: Applying): Promise<boolean> {
  const { kind, reason, ...details } = action;
  try {
    const changed = await perform(action, applying);
    // A probe is repeated until the instance answers: only its success is news.
    const level = changed ? 'info' : 'debug';
    applying.log[level](
      { action: kind, ...details, reason, changed },
      changed ? `${kind}: ${reason}` : `${kind}: no change`,
    );
    return changed;
  } catch (error) {
    applying.log.warn({ action: kind, ...details, error: (error as Error).message }, `${kind} failed`);
    return false;
  }
}

async function perform(action: Action, applying: Applying): Promise<boolean> {
  const { ports, settings, observed } = applying;
  const { term } = observed;
  switch (action.kind) {
    case 'register-job':
      applying.onRegistered(await registerJob(ports.cluster, settings));
      return true;
    case 'intend': {
      const id = await ports.store.intend(term, action.profile, settings.OBSERVATORY_MAX_INSTANCES, action.reason);
      return id !== undefined;
    }
    case 'dispatch':
      return dispatch(action.id, action.profile, applying);
    case 'adopt':
      return ports.store.noteJob(term, action.id, { id: action.jobId, version: null });
    case 'probe':
      return (await ports.probe.reaches(action.id)) && ports.store.markReady(term, action.id, action.node);
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

/** The claim comes first: of several managers, one may make the call. */
async function dispatch(id: string, profile: string, { ports, settings, observed, leads }: Applying): Promise<boolean> {
  if (!(await ports.store.claimDispatch(observed.term, id)) || !leads()) return false;
  const meta = { instance_id: id, token_hash: tokenHash(instanceToken(settings.OBSERVATORY_SECRET, id)), profile };
  const jobId = await ports.cluster.dispatch(settings.OBSERVATORY_INSTANCE_JOB, meta, id);
  const version = observed.nomad.complete ? (observed.nomad.value.parent?.version ?? null) : null;
  return ports.store.noteJob(observed.term, id, { id: jobId, version });
}
