import type { Plan } from '../platform/nomad/inspect.js';
import { placementReasons } from '../platform/nomad/placement.js';

export interface Pool {
  readonly min: number;
  readonly maxInstances: number;
  readonly running: number;
}

export interface Capacity {
  readonly asked: number;
  readonly fits: number;
  /** What ends first, in words; empty when all that were asked for fit. */
  readonly limit: string;
}

/** How many more to ask for: up to the ceiling, and always the one that the canary needs. */
export const moreToAsk = ({ maxInstances, running }: Pool): number => Math.max(1, maxInstances - running);

/** Nomad counts those that find no place: one failure in full, the same again as coalesced. */
export function capacityOf(asked: number, { FailedTGAllocs }: Pick<Plan, 'FailedTGAllocs'>): Capacity {
  const [failure] = Object.values(FailedTGAllocs ?? {});
  if (failure === undefined) return { asked, fits: asked, limit: '' };
  const nodes = `${failure.NodesEvaluated} ${failure.NodesEvaluated === 1 ? 'node' : 'nodes'}`;
  const reasons = [
    ...placementReasons(failure),
    ...(failure.QuotaExhausted ?? []).map((what) => `the quota's ${what} is used up`),
  ];
  const none =
    failure.NodesEvaluated === 0 ? 'there is no node in its datacenters and node pool' : `none of ${nodes} takes it`;
  return { asked, fits: asked - 1 - failure.CoalescedFailures, limit: reasons.join(', ') || none };
}

/** Whether the cluster can hold what the pool needs now; what it only falls short of at the ceiling is told, and not wrong. */
export const isEnough = ({ fits }: Capacity, { min, running, maxInstances }: Pool): boolean =>
  running + fits >= Math.min(min, maxInstances) && (fits > 0 || running >= maxInstances);
