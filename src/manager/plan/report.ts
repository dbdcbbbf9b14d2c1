import type { PassReport, PoolReport } from '../../platform/pass-report.js';
import type { Profile } from '../../platform/profiles.js';
import type { Outcome } from './action.js';
import type { Desired } from './desired.js';
import { noDemand, type Observed } from './observed.js';
import { targetOf } from './pool.js';
import { problemsOf } from './problems.js';

export interface Circumstances {
  readonly milliseconds: number;
  /** Live settings that are not in force, in sentences. */
  readonly refusals: readonly string[];
  readonly now: Date;
}

/** What one pass saw, did and could not do. */
export function reportOf(
  observed: Observed,
  desired: Desired,
  outcomes: readonly Outcome[],
  { milliseconds, refusals, now }: Circumstances,
): PassReport {
  return {
    milliseconds: Math.round(milliseconds * 10) / 10,
    actions: actionsOf(outcomes),
    pools: desired.pools.map((pool) => poolReport(pool, observed, desired.drain)),
    problems: [...problemsOf(observed, desired, outcomes, now), ...refusals],
    drained: desired.drain,
  };
}

function actionsOf(outcomes: readonly Outcome[]): PassReport['actions'] {
  const actions: Record<string, { done: number; failed: number }> = {};
  for (const { kind, result } of outcomes) {
    const counts = (actions[kind] ??= { done: 0, failed: 0 });
    if (result !== 'nothing') counts[result] += 1;
  }
  return actions;
}

function poolReport(pool: Profile, { store, nomad }: Observed, drain: boolean): PoolReport {
  const { name: profile, job, min, max, maxInstances } = pool;
  const states = { booting: 0, ready: 0, leased: 0, retiring: 0, failed: 0 };
  for (const row of store.rows) if (row.profile === profile) states[row.state] += 1;
  const demand = store.demand.get(profile) ?? noDemand;
  const version = nomad.complete ? (nomad.value.parents.get(profile)?.version ?? null) : null;
  const target = targetOf(pool, demand, drain);
  return { profile, job, version, min, max, maxInstances, target, waiting: demand.waiting, ...states };
}
