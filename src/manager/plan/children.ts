import type { AllocationStatus, Child, InstanceRow } from './observed.js';

const ended: ReadonlySet<AllocationStatus> = new Set(['complete', 'failed', 'lost']);

/** The children by what a row knows of its own: at a thousand rows, a walk through them for each would be most of a pass. */
export class Children {
  private readonly byJob: ReadonlyMap<string, Child>;
  private readonly firstOf = new Map<string, Child>();

  constructor(readonly all: readonly Child[]) {
    this.byJob = new Map(all.map((child) => [child.jobId, child]));
    for (const child of all) {
      if (child.instanceId === null) continue;
      const first = this.firstOf.get(child.instanceId);
      if (first === undefined || child.createIndex < first.createIndex) this.firstOf.set(child.instanceId, child);
    }
  }

  /** The row's own child: the noted one, else the first one that was made for it. */
  of(row: InstanceRow): Child | undefined {
    return row.jobId === null ? this.firstOf.get(row.id) : this.byJob.get(row.jobId);
  }
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

export function surplusChildren(rows: readonly InstanceRow[], children: Children): Surplus {
  const known = new Set(rows.map(({ id }) => id));
  const own = new Set(rows.map((row) => children.of(row)?.jobId));
  const surplus = children.all.filter(({ jobId, dead, stopped }) => !dead && !stopped && !own.has(jobId));
  const isDouble = ({ instanceId }: Child) => instanceId !== null && known.has(instanceId);
  return { doubles: surplus.filter(isDouble), orphans: surplus.filter((child) => !isDouble(child)) };
}
