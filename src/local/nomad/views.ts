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

export function jobRow(store: Store, job: Job, withMeta: boolean): JsonObject {
  const children = job.ParameterizedJob && !job.Dispatched ? store.children(job.ID) : [];
  const count = (status: Job['Status']) => children.filter((child) => child.Status === status).length;
  const allocations = job.Dispatched ? store.allocationsOf(job.ID) : [];
  const blocked = job.Dispatched && store.evaluationsOf(job.ID).some(({ Status }) => Status === 'blocked');
  const summary = {
    Children: { Dead: count('dead'), Pending: count('pending'), Running: count('running') },
    CreateIndex: job.CreateIndex,
    JobID: job.ID,
    ModifyIndex: Math.max(job.ModifyIndex, ...allocations.map(({ ModifyIndex }) => ModifyIndex)),
    Namespace: job.Namespace,
    Summary: groupSummary(job, allocations, blocked ? 1 : 0),
  };
  return {
    CreateIndex: job.CreateIndex,
    Datacenters: job.Datacenters,
    ID: job.ID,
    JobModifyIndex: job.JobModifyIndex,
    JobSummary: summary,
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

export function allocationRow(allocation: Allocation, withResources: boolean): JsonObject {
  const { Job: job, AllocatedResources: resources } = allocation;
  return {
    ...(withResources ? { AllocatedResources: resources } : {}),
    ...without(allocation, 'Job', 'AllocatedResources', 'AllocModifyIndex'),
    DeploymentStatus: null,
    DesiredTransition: { ForceReschedule: null, Migrate: null, NoShutdownDelay: null, Reschedule: null },
    FollowupEvalID: '',
    JobType: job.Type,
    JobVersion: job.Version,
    NextAllocation: '',
    PreemptedAllocations: null,
    PreemptedByAllocation: '',
    RescheduleTracker: null,
  };
}

/** Evaluations in lists leave nothing out; newest first, as a job's are answered. */
export function evaluationRows(evaluations: Evaluation[]): Evaluation[] {
  return [...evaluations].sort((one, other) => other.CreateIndex - one.CreateIndex);
}

interface Page<T> {
  rows: T[];
  next?: string;
}

/** A page of a list that is sorted by its tokens. */
export function page<T>(rows: T[], tokenOf: (row: T) => string, query: URLSearchParams): Page<T> {
  const size = Number(query.get('per_page') ?? 0);
  const from = query.get('next_token') ?? '';
  const rest = rows.filter((row) => tokenOf(row) >= from);
  const following = size > 0 ? rest[size] : undefined;
  return {
    rows: size > 0 ? rest.slice(0, size) : rest,
    ...(following === undefined ? {} : { next: tokenOf(following) }),
  };
}
