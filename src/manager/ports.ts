import type { AllocationStub, Evaluation, Job, JobDefinition, JobStub } from '../platform/nomad/schemas.js';
import type { QueueView } from './plan/observed.js';
import type { Store } from './store.js';

export type { Store };

/** The Nomad calls of the manager. */
export interface Cluster {
  parse(hcl: string, variables: string): Promise<JobDefinition>;
  register(job: JobDefinition): Promise<void>;
  dispatch(parent: string, meta: Readonly<Record<string, string>>, idempotencyToken: string): Promise<string>;
  job(id: string): Promise<Job | undefined>;
  liveJobs(parents: readonly string[]): Promise<readonly JobStub[]>;
  liveAllocations(parents: readonly string[]): Promise<readonly AllocationStub[]>;
  blockedEvaluations(parents: readonly string[]): Promise<readonly Evaluation[]>;
  jobsById(ids: readonly string[]): Promise<readonly JobStub[]>;
  allocationsOf(jobIds: readonly string[]): Promise<readonly AllocationStub[]>;
  stop(jobId: string): Promise<void>;
}

/** Consul's health of a service: the tags of each instance that passes. */
export interface Catalog {
  passingTags(service: string): Promise<readonly (readonly string[])[]>;
}

/** Whether an instance answers the way that a participant reaches it. */
export interface Probe {
  reaches(id: string): Promise<boolean>;
}

/** The seed's keys in Redis. */
export interface Queue {
  read(): Promise<QueueView>;
  publish(queued: readonly string[], booting: number): Promise<void>;
  forgetOld(entry: string): Promise<void>;
}

export interface Ports {
  readonly store: Store;
  readonly cluster: Cluster;
  readonly catalog: Catalog;
  readonly probe: Probe;
  readonly queue: Queue;
}
