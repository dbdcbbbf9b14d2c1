import { without, type JsonObject } from './json.js';
import type { Store } from './store.js';
import type { Allocation, Evaluation, Job } from './types.js';

/** The shapes in which Nomad answers its objects: whole, or as the rows of a list. */

type Counts = Record<'Complete' | 'Failed' | 'Lost' | 'Queued' | 'Running' | 'Starting' | 'Unknown', number>;

function groupSummary(job: Job, allocations: Allocation[], queued: number): Record<string, Counts> {
  const count = (status: Allocation['ClientStatus']) =>
    allocations.filter((allocation) => allocation.ClientStatus === status).length;
  return Object.fromEntries(
    job.TaskGroups.map(({ Name }) => [
      Name,
      {
        Complete: count('complete'),
        Failed: count('failed'),
        Lost: 0,
        Queued: queued,
        Running: count('running'),
        Starting: count('pending'),
        Unknown: 0,
      },
    ]),
  );
}

/** How many allocations or children of a job are in which state. */
export function jobSummary(store: Store, job: Job) {
  const children = job.ParameterizedJob && !job.Dispatched ? store.children(job) : [];
  const count = (status: Job['Status']) => children.filter((child) => child.Status === status).length;
  const allocations = job.Dispatched ? store.allocationsOf(job) : [];
  const blocked = job.Dispatched && store.evaluationsOf(job).some(({ Status }) => Status === 'blocked');
  const changes = [...allocations, ...children].map(({ ModifyIndex }) => ModifyIndex);
  return {
    Children: { Dead: count('dead'), Pending: count('pending'), Running: count('running') },
    CreateIndex: job.CreateIndex,
    JobID: job.ID,
    ModifyIndex: changes.reduce((most, index) => Math.max(most, index), job.ModifyIndex),
    Namespace: job.Namespace,
    Summary: groupSummary(job, allocations, blocked ? 1 : 0),
  };
}

export function jobRow(store: Store, job: Job, withMeta: boolean): JsonObject {
  return {
    CreateIndex: job.CreateIndex,
    Datacenters: job.Datacenters,
    ID: job.ID,
    JobModifyIndex: job.JobModifyIndex,
    JobSummary: jobSummary(store, job),
    ...(withMeta && job.Meta ? { Meta: job.Meta } : {}),
    ModifyIndex: job.ModifyIndex,
    Multiregion: null,
    Name: job.Name,
    Namespace: job.Namespace,
    NodePool: job.NodePool,
    ParameterizedJob: job.ParameterizedJob !== null && !job.Dispatched,
    ParentID: job.ParentID,
    Periodic: false,
    Priority: job.Priority,
    Status: job.Status,
    StatusDescription: '',
    Stop: job.Stop,
    SubmitTime: job.SubmitTime,
    Type: job.Type,
  };
}

const lists = { PreemptedAllocations: null, PreemptedByAllocation: '', RescheduleTracker: null };

export interface RowOptions {
  resources: boolean;
  taskStates: boolean;
}

export function allocationRow(allocation: Allocation, { resources, taskStates }: RowOptions): JsonObject {
  const { Job: job } = allocation;
  return {
    ...without(allocation, 'Job', 'AllocatedResources', 'AllocModifyIndex', 'TaskStates', 'Pid'),
    ...(resources ? { AllocatedResources: allocation.AllocatedResources } : {}),
    ...(taskStates ? { TaskStates: allocation.TaskStates } : { TaskStates: null }),
    DeploymentStatus: null,
    DesiredTransition: { ForceReschedule: null, Migrate: null, NoShutdownDelay: null, Reschedule: null },
    FollowupEvalID: '',
    JobType: job.Type,
    JobVersion: job.Version,
    NextAllocation: '',
    ...lists,
  };
}

/** One allocation as it is answered alone, with its resources also in the shape of older versions. */
export function wholeAllocation(allocation: Allocation): JsonObject {
  const { Shared, Tasks } = allocation.AllocatedResources;
  const amounts = { CPU: 0, Cores: 0, Devices: null, DiskMB: 0, IOPS: 0, MemoryMB: 0, MemoryMaxMB: 0, Networks: null };
  const tasks = Object.entries(Tasks).map(([name, { Cpu, Memory }]) => [
    name,
    { ...amounts, CPU: Cpu.CpuShares, MemoryMB: Memory.MemoryMB, MemoryMaxMB: Memory.MemoryMaxMB },
  ]);
  const [task] = Object.values(Tasks);
  const shared = { DiskMB: Shared.DiskMB, Networks: Shared.Networks };
  const memory = { MemoryMB: task?.Memory.MemoryMB, MemoryMaxMB: task?.Memory.MemoryMB };
  const { DesiredDescription, ...rest } = without(allocation, 'Pid');
  return {
    ...rest,
    ...(DesiredDescription === '' ? {} : { DesiredDescription }),
    Job: { ...allocation.Job, Payload: null },
    NetworkStatus: { Address: '', DNS: null, InterfaceName: '' },
    Resources: { ...amounts, ...shared, CPU: task?.Cpu.CpuShares, ...memory },
    SharedResources: { ...amounts, ...shared },
    TaskResources: Object.fromEntries(tasks) as JsonObject,
  };
}

/** What filters see of an allocation: also the fields that only other kinds of job use. */
export const filteredAllocation = (allocation: Allocation): JsonObject => ({
  DeploymentID: '',
  DeploymentStatus: null,
  DesiredTransition: { ForceReschedule: null, Migrate: null, NoShutdownDelay: null, Reschedule: null },
  FollowupEvalID: '',
  NextAllocation: '',
  PreviousAllocation: '',
  ...lists,
  ...wholeAllocation(allocation),
  DesiredDescription: allocation.DesiredDescription,
});

/** What filters see of an evaluation: also what it leaves out when it is empty. */
export const filteredEvaluation = (evaluation: Evaluation): JsonObject => ({
  BlockedEval: '',
  ClassEligibility: null,
  DeploymentID: '',
  FailedTGAllocs: null,
  NextEval: '',
  NodeID: '',
  PreviousEval: '',
  QueuedAllocations: null,
  QuotaLimitReached: '',
  StatusDescription: '',
  Wait: 0,
  ...evaluation,
});

/** A job's evaluations: newest first. */
export function newestFirst<T extends { CreateIndex: number }>(items: T[]): T[] {
  return [...items].sort((one, other) => other.CreateIndex - one.CreateIndex);
}
