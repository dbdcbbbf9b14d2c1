import { instanceIdPattern } from '../../platform/identity.js';
import { idOfEntry, queueEntry } from '../../platform/redis.js';
import type { Action } from './action.js';
import type { Observed } from './observed.js';

/** What the seed's keys in Redis ask for, and what they should say. */

/** Entries of `oldInstances` that name an instance which can still be retired. */
export function retireOld({ queue, store }: Observed): Action[] {
  if (!queue.complete) return [];
  const asked = new Set(queue.value.old.map((entry) => idOfEntry(entry) ?? entry));
  return store.rows
    .filter(({ id, state }) => asked.has(id) && state !== 'retiring' && state !== 'failed')
    .map(({ id }) => ({ kind: 'retire', id, from: ['booting', 'ready', 'leased'], reason: 'it is in oldInstances' }));
}

/** Each entry goes once its instance was retired: at once when there is nothing left to retire. */
export function forgetOld({ queue, store }: Observed): Action[] {
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
export function publishQueue({ store, queue }: Observed, actions: readonly Action[]): Action[] {
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
