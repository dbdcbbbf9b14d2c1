import { EventEmitter, once } from 'node:events';
import { EventStream, type Event } from './events.js';
import { without } from './json.js';
import { nanoseconds, type Allocation, type Evaluation, type Job } from './types.js';

interface Written {
  jobs?: Job[];
  evaluations?: Evaluation[];
  allocations?: Allocation[];
}

/** All state of the stand-in, in memory: Nomad's tables with one index that grows with every write. */
export class Store {
  readonly jobs = new Map<string, Job>();
  readonly evaluations = new Map<string, Evaluation>();
  readonly allocations = new Map<string, Allocation>();
  readonly events = new EventStream();
  /** Index of the last write to each table; jobs include their summaries, which change with the allocations. */
  readonly tables = { jobs: 0, evaluations: 0, allocations: 0 };
  private index = 0;
  private readonly changes = new EventEmitter().setMaxListeners(0);

  get lastIndex(): number {
    return this.index;
  }

  /** One write: stamps what changed with the next index, keeps it, tells the event stream and wakes blocking queries. */
  commit(type: string, written: Written): number {
    const index = ++this.index;
    const events: Event[] = [];
    for (const evaluation of written.evaluations ?? []) {
      stamp(evaluation, index);
      this.evaluations.set(evaluation.ID, evaluation);
      events.push(event(type, index, evaluation, [evaluation.JobID, ''], { Evaluation: evaluation }));
    }
    for (const allocation of written.allocations ?? []) {
      stamp(allocation, index);
      this.allocations.set(allocation.ID, allocation);
      events.push(event(type, index, allocation, [allocation.JobID, ''], { Allocation: without(allocation, 'Job') }));
    }
    for (const job of written.jobs ?? []) {
      job.CreateIndex ||= index;
      job.ModifyIndex = index;
      this.jobs.set(job.ID, job);
      events.push(event(type, index, job, null, { Job: job }));
    }
    this.touch(index, written);
    this.events.publish({ Index: index, Events: events });
    return index;
  }

  /** Takes a job out. Nomad's event stream is silent about it. */
  purge(job: Job): void {
    this.jobs.delete(job.ID);
    this.tables.jobs = ++this.index;
    this.changes.emit('write');
  }

  /** Resolves at the next write, or when the time is up or the caller has gone. */
  async nextWrite(signal: AbortSignal): Promise<void> {
    await once(this.changes, 'write', { signal }).catch(() => undefined);
  }

  allocationsOf(jobId: string): Allocation[] {
    return [...this.allocations.values()].filter((allocation) => allocation.JobID === jobId);
  }

  evaluationsOf(jobId: string): Evaluation[] {
    return [...this.evaluations.values()].filter((evaluation) => evaluation.JobID === jobId);
  }

  children(parentId: string): Job[] {
    return [...this.jobs.values()].filter((job) => job.ParentID === parentId);
  }

  private touch(index: number, written: Written): void {
    if (written.jobs?.length || written.allocations?.length) this.tables.jobs = index;
    if (written.evaluations?.length) this.tables.evaluations = index;
    if (written.allocations?.length) this.tables.allocations = index;
    this.changes.emit('write');
  }
}

function stamp(item: Evaluation | Allocation, index: number): void {
  item.CreateIndex ||= index;
  item.ModifyIndex = index;
  item.ModifyTime = nanoseconds();
}

function event(
  type: string,
  index: number,
  item: Job | Evaluation | Allocation,
  filterKeys: string[] | null,
  payload: Event['Payload'],
): Event {
  const topic = 'Job' in payload ? 'Job' : 'Allocation' in payload ? 'Allocation' : 'Evaluation';
  return {
    Topic: topic,
    Type: type,
    Key: item.ID,
    Namespace: item.Namespace,
    FilterKeys: filterKeys,
    Index: index,
    Payload: structuredClone(payload),
  };
}
