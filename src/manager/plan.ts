import { instanceIdPattern } from '../platform/identity.js';
import { idOfEntry, queueEntry } from '../platform/redis.js';
import type { Action } from './action.js';
import { childOf, hasEnded, isGone, surplusChildren } from './children.js';
import {
  type Child,
  CLAIM_SECONDS,
  type Desired,
  type InstanceRow,
  type NomadView,
  type Observed,
} from './observed.js';

/** Time for a child that no row knows; by the order of reading there should be none, so there is no hurry. */
const ORPHAN_GRACE_MS = 30_000;
const MAX_BACKOFF_MS = 300_000;

/**
 * What to do about what was observed. Pure, and level-triggered: it asks only what is, never what happened. What was not
 * read completely leads to no failure, no stop of an orphan and no end of an instance.
 */
export function plan(observed: Observed, desired: Desired, now: Date): readonly Action[] {
  const old = oldInstances(observed);
  const retired = new Set(old.flatMap((action) => (action.kind === 'retire' ? [action.id] : [])));
  const rows = observed.store.rows.filter(({ id }) => !retired.has(id));
  const cluster = observed.nomad.complete ? withNomad(observed, observed.nomad.value, rows, desired, now) : [];
  const failed = new Set(cluster.flatMap((action) => (action.kind === 'fail' ? [action.id] : [])));
  const alive = rows.filter(({ id }) => !failed.has(id));
  const actions = [...old, ...cluster, ...pool(observed, alive, desired, now), ...forget(observed)];
  return [...actions, ...publish(observed, actions)];
}

function withNomad(
  observed: Observed,
  nomad: NomadView,
  rows: readonly InstanceRow[],
  desired: Desired,
  now: Date,
): Action[] {
  const actions: Action[] = [];
  if (nomad.parent === null) actions.push({ kind: 'register-job', reason: 'Nomad has no such job' });
  else if (!observed.jobRegistered) actions.push({ kind: 'register-job', reason: 'a new leader brings its job file' });
  const canDispatch = nomad.parent !== null && observed.jobRegistered;
  for (const row of rows) {
    const child = childOf(row, nomad.children);
    if (row.jobId === null && child !== undefined) {
      actions.push({
        kind: 'adopt',
        id: row.id,
        jobId: child.jobId,
        reason: 'Nomad has a job for it that was not noted',
      });
    }
    if (row.state === 'retiring' || row.state === 'failed') actions.push(...ending(row, child, now));
    else if (child === undefined) actions.push(...withoutChild(row, observed, canDispatch, now));
    else actions.push(...living(row, child, observed, desired, now));
  }
  return [...actions, ...surplus(observed, nomad, now)];
}

/** A row whose instance should go: stopped when Nomad says that nothing of it runs. */
function ending(row: InstanceRow, child: Child | undefined, now: Date): Action[] {
  if (child !== undefined && !child.stopped && !child.dead) {
    return [{ kind: 'stop', id: row.id, jobId: child.jobId, reason: `the instance is ${row.state}` }];
  }
  if (child !== undefined && !isGone(child)) return [];
  if (child === undefined && row.jobId === null && isClaimed(row, now)) return [];
  return [
    {
      kind: 'mark-stopped',
      id: row.id,
      reason: child === undefined ? 'Nomad has no job for it' : 'its allocation has ended',
    },
  ];
}

function withoutChild(row: InstanceRow, { term, passing }: Observed, canDispatch: boolean, now: Date): Action[] {
  if (row.jobId === null) {
    const claimedByUs = row.dispatchTerm === term && isClaimed(row, now);
    if (row.state !== 'booting' || claimedByUs || !canDispatch) return [];
    const reason = row.dispatchTerm === null ? 'it is new' : 'its dispatch left no job';
    return [{ kind: 'dispatch', id: row.id, profile: row.profile, reason }];
  }
  if (isClaimed(row, now)) return [];
  // A participant's instance that Consul still sees answers: Nomad forgot it, the participant need not.
  if (row.state === 'leased' && (!passing.complete || passing.value.has(row.id))) return [];
  return [{ kind: 'fail', id: row.id, reason: 'Nomad no longer knows the job of this instance.' }];
}

function living(row: InstanceRow, child: Child, observed: Observed, desired: Desired, now: Date): Action[] {
  if (child.stopped) return [{ kind: 'fail', id: row.id, reason: 'The job of this instance was stopped in Nomad.' }];
  if (hasEnded(child)) {
    const why = child.allocations.find(({ ending: text }) => text !== '')?.ending ?? 'Nomad gave no reason.';
    return [{ kind: 'fail', id: row.id, reason: `The instance ended by itself. ${why}` }];
  }
  if (row.state !== 'booting') return [];
  const running = child.allocations.find(({ status }) => status === 'running');
  const since = row.dispatchedAt ?? row.createdAt;
  if (now.getTime() - since.getTime() > desired.bootSeconds * 1000) {
    return [{ kind: 'fail', id: row.id, reason: bootReason(child, running !== undefined, desired) }];
  }
  if (running === undefined || !observed.passing.complete || !observed.passing.value.has(row.id)) return [];
  return [
    { kind: 'probe', id: row.id, jobId: child.jobId, node: running.node, reason: 'Nomad runs it and Consul sees it' },
  ];
}

function bootReason(child: Child, running: boolean, { bootSeconds }: Desired): string {
  const start = `The instance was not ready within ${bootSeconds} s.`;
  if (child.blocked !== null) return `${start} ${child.blocked}`;
  return `${start} ${running ? 'It runs, but could not be reached through Traefik.' : 'Nomad has not started it.'}`;
}

/** Children that should not be: second ones of an instance, and those that no row knows. */
function surplus({ store: { rows } }: Observed, { children }: NomadView, now: Date): Action[] {
  const { doubles, orphans } = surplusChildren(rows, children);
  return [
    ...doubles.map(({ jobId, instanceId }): Action => ({
      kind: 'stop-double',
      jobId,
      reason: `instance ${instanceId} has another job`,
    })),
    ...orphans
      .filter(({ submittedAt }) => now.getTime() - submittedAt.getTime() > ORPHAN_GRACE_MS)
      .map(({ jobId }): Action => ({ kind: 'stop-orphan', jobId, reason: 'no instance on record has this job' })),
  ];
}

const isClaimed = ({ dispatchedAt }: InstanceRow, now: Date): boolean =>
  dispatchedAt !== null && now.getTime() - dispatchedAt.getTime() < CLAIM_SECONDS * 1000;

/** Warm instances: enough for the pool and for those who wait, current ones first, never above the ceiling. */
function pool(observed: Observed, rows: readonly InstanceRow[], desired: Desired, now: Date): Action[] {
  if (!observed.nomad.complete) return [];
  const { parent, children } = observed.nomad.value;
  const mine = rows.filter(({ profile }) => profile === desired.profile);
  const isOutdated = ({ jobVersion }: InstanceRow) =>
    observed.jobRegistered && parent !== null && jobVersion !== null && jobVersion < parent.version;
  const ready = mine.filter(({ state }) => state === 'ready');
  const outdated = ready.filter(isOutdated);
  const booting = mine.filter(({ state }) => state === 'booting');
  const target = desired.poolSize + observed.store.waiting;
  const missing = target - booting.length - (ready.length - outdated.length);
  const room = desired.maxInstances - observed.store.rows.length;
  // Where there is no room for successors, outdated ones make it, one a pass.
  const makeRoom = missing > 0 && room <= 0 ? Math.min(1, outdated.length) : 0;
  const surplusReady = Math.max(0, ready.length - target, makeRoom);
  const leaving = [...outdated, ...ready.filter((row) => !isOutdated(row))].slice(0, surplusReady);
  const blocked = booting.some((row) => (childOf(row, children)?.blocked ?? null) !== null);
  const held = blocked || isBackingOff(observed, now);
  const intents = held ? 0 : Math.max(0, Math.min(missing, room));
  return [
    ...leaving.map(({ id }): Action => ({
      kind: 'retire',
      id,
      from: ['ready'],
      reason: 'more than the pool needs, or an older job file',
    })),
    ...Array.from({ length: intents }, (): Action => ({
      kind: 'intend',
      profile: desired.profile,
      reason: `the pool lacks ${missing} of ${target}`,
    })),
  ];
}

function isBackingOff({ store: { bootFailures } }: Observed, now: Date): boolean {
  const { count, latest } = bootFailures;
  if (count === 0 || latest === null) return false;
  return now.getTime() - latest.getTime() < Math.min(MAX_BACKOFF_MS, 1000 * 2 ** count);
}

/** Entries of `oldInstances` that name an instance which can still be retired. */
function oldInstances({ queue, store }: Observed): Action[] {
  if (!queue.complete) return [];
  const asked = new Set(queue.value.old.map((entry) => idOfEntry(entry) ?? entry));
  return store.rows
    .filter(({ id, state }) => asked.has(id) && state !== 'retiring' && state !== 'failed')
    .map(({ id }) => ({ kind: 'retire', id, from: ['booting', 'ready', 'leased'], reason: 'it is in oldInstances' }));
}

/** Each entry goes once its instance was retired: at once when there is nothing left to retire. */
function forget({ queue, store }: Observed): Action[] {
  if (!queue.complete) return [];
  const states = new Map(store.rows.map(({ id, state }) => [id, state]));
  return [...new Set(queue.value.old)].flatMap((entry): Action[] => {
    const id = idOfEntry(entry) ?? entry;
    if (!instanceIdPattern.test(id))
      return [{ kind: 'forget-old', entry, reason: `${JSON.stringify(entry)} is not an instance id` }];
    const state = states.get(id);
    if (state === undefined) return [{ kind: 'forget-old', entry, reason: `no live instance ${id}` }];
    if (state === 'retiring' || state === 'failed')
      return [{ kind: 'forget-old', entry, reason: `instance ${id} is ${state}` }];
    return [];
  });
}

/** The seed's keys, as the rows will be when this pass is applied; written only when they differ. */
function publish({ store, queue }: Observed, actions: readonly Action[]): Action[] {
  if (!queue.complete) return [];
  const leaving = new Set(
    actions.flatMap((action) => (action.kind === 'fail' || action.kind === 'retire' ? [action.id] : [])),
  );
  const staying = store.rows.filter(({ id }) => !leaving.has(id));
  const queued = staying
    .filter(({ state }) => state === 'ready')
    .sort(
      (one, other) => (one.readyAt?.getTime() ?? 0) - (other.readyAt?.getTime() ?? 0) || (one.id < other.id ? -1 : 1),
    )
    .map(({ id, jobId }) => queueEntry(jobId ?? '', id));
  const booting = staying.filter(({ state }) => state === 'booting').length;
  const same = queue.value.booting === String(booting) && queued.join() === queue.value.queued.join();
  return same ? [] : [{ kind: 'publish-queue', queued, booting, reason: 'Redis says otherwise than Postgres' }];
}
