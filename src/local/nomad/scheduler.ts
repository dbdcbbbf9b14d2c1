import { randomBytes, randomUUID } from 'node:crypto';
import type { Store } from './store.js';
import {
  allocatedResources,
  classEligibility,
  groupOf,
  needsOf,
  pickPort,
  placementFailure,
  type Amounts,
} from './placement.js';
import type { Node } from './node.js';
import type { Runner } from './runner.js';
import { isTerminal, nanoseconds, type Allocation, type Evaluation, type Job, type PlacementFailure } from './types.js';

/** Places the children of parameterized jobs on the one node, and blocks what does not fit until something has ended. */
export class Scheduler {
  private readonly ports = new Set<number>();

  constructor(
    private readonly store: Store,
    private readonly node: Node,
    private readonly runner: Runner,
  ) {}

  /** Why a job finds no place now. */
  failureOf(job: Job): PlacementFailure | undefined {
    return placementFailure(job, this.free(), this.node);
  }

  /** Goes on with what a stand-in before this one had begun. */
  resume(): void {
    for (const allocation of this.store.allocations.values()) {
      if (isTerminal(allocation)) continue;
      for (const port of allocation.AllocatedResources.Shared.Ports) this.ports.add(port.Value);
      this.runner.resume(allocation);
    }
    for (const evaluation of this.store.evaluations.values()) {
      const job = this.store.job(evaluation.Namespace, evaluation.JobID);
      if (evaluation.Status !== 'pending' || !job) continue;
      if (evaluation.TriggeredBy === 'job-deregister') this.unplace(job, evaluation);
      else void this.place(job, evaluation);
    }
  }

  /** Creates the evaluation of a registered or stopped job; it is worked on after the call has answered. */
  evaluate(job: Job, trigger: 'job-register' | 'job-deregister'): Evaluation {
    const evaluation = newEvaluation(job, trigger);
    this.store.commit(trigger === 'job-register' ? 'EvaluationUpdated' : 'JobDeregistered', {
      evaluations: [evaluation],
    });
    setImmediate(() => void (trigger === 'job-register' ? this.place(job, evaluation) : this.unplace(job, evaluation)));
    return evaluation;
  }

  /** An allocation changed: when it ended, its job is dead, its port is free and something else may fit. */
  changed(allocation: Allocation): void {
    const job = this.store.job(allocation.Namespace, allocation.JobID);
    const ended = isTerminal(allocation) && job !== undefined && job.Status !== 'dead';
    if (ended) job.Status = 'dead';
    this.store.commit('AllocationUpdated', { allocations: [allocation], ...(ended ? { jobs: [job] } : {}) });
    if (!isTerminal(allocation)) return;
    for (const port of allocation.AllocatedResources.Shared.Ports) this.ports.delete(port.Value);
    this.unblock();
  }

  private free(): Amounts {
    const { cpuMHz, memoryMB, diskMB } = this.node;
    const free = { cpuMHz, memoryMB, diskMB };
    for (const allocation of this.store.allocations.values()) {
      if (isTerminal(allocation)) continue;
      const needs = needsOf(groupOf(allocation.Job));
      free.cpuMHz -= needs.cpuMHz;
      free.memoryMB -= needs.memoryMB;
      free.diskMB -= needs.diskMB;
    }
    return free;
  }

  private async place(job: Job, evaluation: Evaluation): Promise<void> {
    const group = groupOf(job);
    const dynamic = (group.Networks ?? []).flatMap((network) => network.DynamicPorts ?? []);
    const ports = await Promise.all(dynamic.map(() => pickPort(this.ports)));
    // From here to the commit nothing waits, so that two placements cannot both take the last memory.
    const failure = this.failureOf(job);
    // Stopped meanwhile, or placed: two ends in a row try a blocked evaluation twice.
    const settled = job.Stop || evaluation.Status === 'complete';
    if (settled || failure) ports.forEach((port) => this.ports.delete(port));
    if (settled) return;
    evaluation.SnapshotIndex ??= this.store.lastIndex;
    evaluation.QueuedAllocations = { [group.Name]: failure ? 1 : 0 };
    if (failure) {
      if (evaluation.Status === 'pending') this.block(job, evaluation, { [group.Name]: failure });
      return;
    }
    const allocation = this.newAllocation(job, evaluation, ports);
    job.Status = 'running';
    this.store.commit('PlanResult', { evaluations: [evaluation], allocations: [allocation], jobs: [job] });
    evaluation.Status = 'complete';
    this.store.commit('EvaluationUpdated', { evaluations: [evaluation] });
    this.runner.start(allocation);
  }

  private block(job: Job, evaluation: Evaluation, failures: Record<string, PlacementFailure>): void {
    const blocked: Evaluation = {
      ...newEvaluation(job, 'queued-allocs'),
      Status: 'blocked',
      StatusDescription: 'created to place remaining allocations',
      PreviousEval: evaluation.ID,
      FailedTGAllocs: failures,
      ...classEligibility(failures[groupOf(job).Name] ?? {}),
      SnapshotIndex: this.store.lastIndex,
    };
    this.store.commit('EvaluationUpdated', { evaluations: [blocked] });
    Object.assign(evaluation, { Status: 'complete', BlockedEval: blocked.ID, FailedTGAllocs: failures });
    this.store.commit('EvaluationUpdated', { evaluations: [evaluation] });
  }

  private unblock(): void {
    for (const evaluation of this.store.evaluations.values()) {
      const job = this.store.job(evaluation.Namespace, evaluation.JobID);
      if (evaluation.Status === 'blocked' && job) void this.place(job, evaluation);
    }
  }

  private unplace(job: Job, evaluation: Evaluation): void {
    const live = this.store.allocationsOf(job).filter((allocation) => !isTerminal(allocation));
    for (const allocation of live) {
      allocation.DesiredStatus = 'stop';
      allocation.DesiredDescription = 'alloc not needed due to job update';
      allocation.AllocModifyIndex = this.store.lastIndex + 1;
    }
    if (live.length > 0) this.store.commit('PlanResult', { evaluations: [evaluation], allocations: live });
    const blocked = this.store.evaluationsOf(job).filter(({ Status }) => Status === 'blocked');
    for (const other of blocked) {
      other.Status = 'canceled';
      other.StatusDescription = `evaluation "${evaluation.ID}" successful`;
    }
    Object.assign(evaluation, { Status: 'complete', QueuedAllocations: { [groupOf(job).Name]: 0 } });
    job.Status = 'dead';
    // A purged job must not come back into the table.
    const jobs = this.store.job(job.Namespace, job.ID) === job ? [job] : [];
    this.store.commit('EvaluationUpdated', { evaluations: [...blocked, evaluation], jobs });
    for (const allocation of live) void this.runner.stop(allocation.ID);
  }

  private newAllocation(job: Job, evaluation: Evaluation, ports: number[]): Allocation {
    const group = groupOf(job);
    const time = nanoseconds();
    return {
      ID: randomUUID(),
      Namespace: job.Namespace,
      Name: `${job.ID}.${group.Name}[0]`,
      JobID: job.ID,
      Job: structuredClone(job),
      TaskGroup: group.Name,
      EvalID: evaluation.ID,
      NodeID: this.node.id,
      NodeName: this.node.name,
      DesiredStatus: 'run',
      DesiredDescription: '',
      ClientStatus: 'pending',
      ClientDescription: '',
      AllocatedResources: allocatedResources(group, ports),
      TaskStates: null,
      CreateIndex: 0,
      ModifyIndex: 0,
      AllocModifyIndex: this.store.lastIndex + 1,
      CreateTime: time,
      ModifyTime: time,
    };
  }
}

function newEvaluation(job: Job, trigger: string): Evaluation {
  const time = nanoseconds();
  return {
    ID: randomUUID(),
    Namespace: job.Namespace,
    Priority: job.Priority,
    Type: trigger === 'job-deregister' ? 'service' : job.Type,
    TriggeredBy: trigger,
    JobID: job.ID,
    JobModifyIndex: job.JobModifyIndex,
    Status: 'pending',
    CreateIndex: 0,
    ModifyIndex: 0,
    CreateTime: time,
    ModifyTime: time,
  };
}

/** Nomad's name of a child: the time of dispatch in seconds, and eight random hex digits. */
export function childId(parentId: string): string {
  return `${parentId}/dispatch-${Math.floor(Date.now() / 1000)}-${randomBytes(4).toString('hex')}`;
}
