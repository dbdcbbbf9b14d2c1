import type { AllocationStatus, Child, InstanceRow } from './observed.js';

const ended: ReadonlySet<AllocationStatus> = new Set(['complete', 'failed', 'lost']);

/** The row's own child: the noted one, else the first one that was made for it. */
export function childOf(row: InstanceRow, children: readonly Child[]): Child | undefined {
  if (row.jobId !== null) return children.find(({ jobId }) => jobId === row.jobId);
  return children
    .filter(({ instanceId }) => instanceId === row.id)
    .reduce<Child | undefined>(
      (first, child) => (first && first.createIndex <= child.createIndex ? first : child),
      undefined,
    );
}

/** Its process ran and is over. */
export const hasEnded = ({ allocations, dead }: Child): boolean =>
  allocations.length > 0 ? allocations.every(({ status }) => ended.has(status)) : dead;

/** Nothing of it runs or will run: a job is dead at once when it is stopped, the truth is its allocations. */
export const isGone = ({ dead, allocations }: Child): boolean =>
  dead && allocations.every(({ status }) => ended.has(status));

interface Surplus {
  readonly doubles: readonly Child[];
  readonly orphans: readonly Child[];
}

export function surplusChildren(rows: readonly InstanceRow[], children: readonly Child[]): Surplus {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const own = new Set(rows.map((row) => childOf(row, children)?.jobId));
  const surplus = children.filter(({ jobId, dead, stopped }) => !dead && !stopped && !own.has(jobId));
  const isDouble = ({ instanceId }: Child) => instanceId !== null && byId.has(instanceId);
  return { doubles: surplus.filter(isDouble), orphans: surplus.filter((child) => !isDouble(child)) };
}
