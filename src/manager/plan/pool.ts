import type { Profile } from '../../platform/profiles.js';
import type { Action } from './action.js';
import type { Situation } from './lifecycle.js';
import { type Demand, type InstanceRow, noDemand } from './observed.js';
import { usableParent } from './usable-parent.js';

const MIN_BACKOFF_MS = 2_000;
const MAX_BACKOFF_MS = 300_000;

/** Warm instances that a pool should have: one for each who may want one soon, and one for each who waits for one now. */
export function targetOf({ min, max }: Profile, { arriving, waiting }: Demand, drain: boolean): number {
  return drain ? 0 : Math.min(Math.max(arriving, min), max) + waiting;
}

/**
 * A pool whose starts fail waits before it starts others: as long again as they have been failing, so that each pause is about
 * twice the one before, however many failed at once. Until when; null when it need not wait.
 */
export function backoffUntil({ bootFailures: { first, latest } }: Demand): Date | null {
  if (first === null || latest === null) return null;
  const failing = latest.getTime() - first.getTime();
  return new Date(latest.getTime() + Math.min(MAX_BACKOFF_MS, Math.max(MIN_BACKOFF_MS, failing)));
}

/** Brings a pool to its target: current instances first, never above the ceiling, never a leased one. */
export function refill(
  pool: Profile,
  mine: readonly InstanceRow[],
  situation: Situation,
  drain: boolean,
): readonly Action[] {
  const demand = situation.observed.store.demand.get(pool.name) ?? noDemand;
  const target = targetOf(pool, demand, drain);
  const ready = mine.filter(({ state }) => state === 'ready');
  const booting = mine.filter(({ state }) => state === 'booting');
  if (drain) return retirements([...ready, ...booting], ['booting', 'ready'], 'the pool is drained');

  const version = usableParent(pool, situation.observed)?.version;
  const outdated = ready.filter(
    ({ jobVersion }) => version !== undefined && jobVersion !== null && jobVersion < version,
  );
  const current = ready.filter((row) => !outdated.includes(row));
  const missing = Math.max(0, target - booting.length - current.length);
  const room = Math.max(0, pool.maxInstances - mine.length);
  // Where there is no room for successors, outdated ones make it, one a pass.
  const makeRoom = missing > 0 && room === 0 ? Math.min(1, outdated.length) : 0;
  const leaving = Math.max(0, ready.length - target, makeRoom);
  const leavingOutdated = outdated.slice(0, leaving);
  return [
    ...retirements(leavingOutdated, ['ready'], 'the job file has a newer version'),
    ...retirements(current.slice(0, leaving - leavingOutdated.length), ['ready'], 'there are more than the pool needs'),
    ...intents(pool, Math.min(missing, room), `the pool lacks ${missing} of ${target}`, booting, demand, situation),
  ];
}

function retirements(rows: readonly InstanceRow[], from: readonly ('booting' | 'ready')[], reason: string): Action[] {
  return rows.map(({ id }) => ({ kind: 'retire', id, from, reason }));
}

/** No new ones while one finds no node, or just after some did not start: they would fare alike. */
function intents(
  { name }: Profile,
  count: number,
  reason: string,
  booting: readonly InstanceRow[],
  demand: Demand,
  { children, now }: Situation,
): Action[] {
  const until = backoffUntil(demand);
  const blocked = booting.some((row) => (children.of(row)?.blocked ?? null) !== null);
  if (count === 0 || blocked || (until !== null && now < until)) return [];
  return [{ kind: 'intend', profile: name, count, reason }];
}
