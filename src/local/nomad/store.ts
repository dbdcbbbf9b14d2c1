import { EventEmitter, once } from 'node:events';
import { EventStream, type Event } from './events.js';
import { Grouped } from './grouped.js';
import { without } from './json.js';
import type { StateFolder } from './state.js';
import { jobKey, nanoseconds, type Allocation, type Evaluation, type Job } from './types.js';

interface Written {
  jobs?: Job[];
  evaluations?: Evaluation[];
  allocations?: Allocation[];
}

interface JobId {
  Namespace: string;
  ID: string;
}

/** As many as Nomad keeps of a job. */
const trackedVersions = 6;

/** All state of the stand-in: Nomad's tables with one index that grows with every write. */
export class Store {
  readonly jobs = new Map<string, Job>();
  readonly evaluations = new Map<string, Evaluation>();
  readonly allocations = new Map<string, Allocation>();
  readonly events = new EventStream();
  /** Index of the last write to each table; jobs include their summaries, which change with the allocations. */
  readonly tables = { jobs: 0, evaluations: 0, allocations: 0, nodes: 1 };
  private readonly versions = new Map<string, Job[]>();
  private readonly childrenOf = new Grouped<Job>();
  private readonly allocationsByJob = new Grouped<Allocation>();
  private readonly evaluationsByJob = new Grouped<Evaluation>();
  private index = 1;
  private readonly changes = new EventEmitter().setMaxListeners(0);

  constructor(private readonly state: StateFolder) {
    for (const allocation of state.load<Allocation>('allocations')) this.keepAllocation(allocation);
    for (const evaluation of state.load<Evaluation>('evaluations')) this.keepEvaluation(evaluation);
    for (const job of state.load<Job>('jobs')) this.keepJob(job);
    for (const versions of state.load<Job[]>('versions')) {
      const [job] = versions;
      if (job) this.versions.set(jobKey(job.Namespace, job.ID), versions);
    }
    const [saved] = state.load<{ index: number; tables: Store['tables'] }>('index');
    this.index = saved?.index ?? 1;
    Object.assign(this.tables, saved?.tables);
  }

  get lastIndex(): number {
    return this.index;
  }

  /** One write: stamps what changed with the next index, keeps it, tells the event stream and wakes blocking queries. */
  commit(type: string, written: Written): number {
    const index = ++this.index;
    const events: Event[] = [];
    for (const evaluation of written.evaluations ?? []) {
      stamp(evaluation, index);
      this.keepEvaluation(evaluation);
      this.state.save('evaluations', evaluation.ID, evaluation);
      events.push(event(type, index, evaluation, [evaluation.JobID, ''], { Evaluation: evaluation }));
    }
    for (const allocation of written.allocations ?? []) {
      stamp(allocation, index);
      this.keepAllocation(allocation);
      this.state.save('allocations', allocation.ID, allocation);
      events.push(
        event(type, index, allocation, [allocation.JobID, ''], { Allocation: without(allocation, 'Job', 'Pid') }),
      );
    }
    for (const job of written.jobs ?? []) {
      job.CreateIndex ||= index;
      job.ModifyIndex = index;
      this.keepJob(job);
      this.keepVersion(job);
      this.state.save('jobs', jobKey(job.Namespace, job.ID), job);
      events.push(event(type, index, job, null, { Job: job }));
    }
    this.touch(type, written);
    this.events.publish({ Index: index, Events: events });
    return index;
  }

  /** Takes a job out. Nomad's event stream is silent about it. */
  purge(job: Job): void {
    const key = jobKey(job.Namespace, job.ID);
    this.jobs.delete(key);
    this.versions.delete(key);
    this.childrenOf.remove(jobKey(job.Namespace, job.ParentID), key);
    this.state.remove('jobs', key);
    this.state.remove('versions', key);
    this.tables.jobs = ++this.index;
    this.written();
  }

  /** Takes out what the garbage collector found. */
  collect(job: JobId): void {
    const known = this.job(job.Namespace, job.ID);
    if (known) this.purge(known);
    for (const { ID } of this.allocationsOf(job)) {
      this.allocations.delete(ID);
      this.state.remove('allocations', ID);
    }
    for (const { ID } of this.evaluationsOf(job)) {
      this.evaluations.delete(ID);
      this.state.remove('evaluations', ID);
    }
    const key = jobKey(job.Namespace, job.ID);
    this.allocationsByJob.drop(key);
    this.evaluationsByJob.drop(key);
    this.tables.allocations = this.tables.evaluations = ++this.index;
    this.written();
  }

  /** Resolves at the next write, or when the time is up. */
  async nextWrite(signal: AbortSignal): Promise<void> {
    await once(this.changes, 'write', { signal }).catch(() => undefined);
  }

  job(namespace: string, id: string): Job | undefined {
    return this.jobs.get(jobKey(namespace, id));
  }

  allocationsOf({ Namespace, ID }: JobId): Allocation[] {
    return this.allocationsByJob.of(jobKey(Namespace, ID));
  }

  evaluationsOf({ Namespace, ID }: JobId): Evaluation[] {
    return this.evaluationsByJob.of(jobKey(Namespace, ID));
  }

  children({ Namespace, ID }: JobId): Job[] {
    return this.childrenOf.of(jobKey(Namespace, ID));
  }

  /** Newest first. */
  versionsOf({ Namespace, ID }: JobId): Job[] {
    return this.versions.get(jobKey(Namespace, ID)) ?? [];
  }

  private keepJob(job: Job): void {
    const key = jobKey(job.Namespace, job.ID);
    this.jobs.set(key, job);
    if (job.ParentID !== '') this.childrenOf.add(jobKey(job.Namespace, job.ParentID), key, job);
  }

  private keepVersion(job: Job): void {
    const key = jobKey(job.Namespace, job.ID);
    const known = this.versions.get(key) ?? [];
    if (known[0]?.Version === job.Version) return;
    const versions = [structuredClone(job), ...known].slice(0, trackedVersions);
    this.versions.set(key, versions);
    this.state.save('versions', key, versions);
  }

  private keepAllocation(allocation: Allocation): void {
    this.allocations.set(allocation.ID, allocation);
    this.allocationsByJob.add(jobKey(allocation.Namespace, allocation.JobID), allocation.ID, allocation);
  }

  private keepEvaluation(evaluation: Evaluation): void {
    this.evaluations.set(evaluation.ID, evaluation);
    this.evaluationsByJob.add(jobKey(evaluation.Namespace, evaluation.JobID), evaluation.ID, evaluation);
  }

  private touch(type: string, written: Written): void {
    if (written.jobs?.length || written.allocations?.length) this.tables.jobs = this.index;
    if (written.evaluations?.length) this.tables.evaluations = this.index;
    if (written.allocations?.length) this.tables.allocations = this.index;
    // A node notes the last report of its client.
    if (type === 'AllocationUpdated') this.tables.nodes = this.index;
    this.written();
  }

  private written(): void {
    this.state.save('index', 'last', { index: this.index, tables: this.tables });
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
