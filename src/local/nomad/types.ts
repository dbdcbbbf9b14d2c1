/** The parts of Nomad's objects that the stand-in reads; whatever else a job carries is kept and handed back. */
export interface NetworkPort {
  Label: string;
  Value: number;
  To: number;
  HostNetwork: string;
}

export interface Network {
  DynamicPorts: NetworkPort[] | null;
  ReservedPorts: NetworkPort[] | null;
  IP: string;
  [field: string]: unknown;
}

export interface Check {
  Name: string;
  Type: string;
  Path: string;
  Method: string;
  Interval: number;
  Timeout: number;
  [field: string]: unknown;
}

export interface Service {
  Name: string;
  PortLabel: string;
  Provider: string;
  Tags: string[] | null;
  Checks: Check[] | null;
  [field: string]: unknown;
}

export interface Task {
  Name: string;
  Driver: string;
  Config: Record<string, unknown> | null;
  Constraints: Constraint[] | null;
  Env: Record<string, string> | null;
  KillTimeout: number;
  Resources: { CPU: number; MemoryMB: number; MemoryMaxMB: number; [field: string]: unknown };
  [field: string]: unknown;
}

export interface Constraint {
  LTarget: string;
  Operand: string;
  RTarget: string;
}

export interface TaskGroup {
  Name: string;
  Count: number;
  Constraints: Constraint[] | null;
  EphemeralDisk: { SizeMB: number; [field: string]: unknown };
  Networks: Network[] | null;
  Services: Service[] | null;
  RestartPolicy: { Attempts: number; [field: string]: unknown };
  ReschedulePolicy: { Attempts: number; Unlimited: boolean; [field: string]: unknown };
  Tasks: Task[];
  [field: string]: unknown;
}

export interface Job {
  ID: string;
  Name: string;
  Namespace: string;
  Type: string;
  Priority: number;
  ParentID: string;
  Datacenters: string[];
  NodePool: string;
  Constraints: Constraint[] | null;
  Meta: Record<string, string> | null;
  ParameterizedJob: { Payload: string; MetaRequired: string[] | null; MetaOptional: string[] | null } | null;
  TaskGroups: TaskGroup[];
  Dispatched: boolean;
  DispatchIdempotencyToken: string;
  Payload: string | null;
  Status: 'pending' | 'running' | 'dead';
  Stop: boolean;
  Version: number;
  SubmitTime: bigint;
  CreateIndex: number;
  ModifyIndex: number;
  JobModifyIndex: number;
  [field: string]: unknown;
}

/** Why no node took an allocation: Nomad's AllocMetric, as far as it says anything here. */
export type PlacementFailure = Record<string, unknown>;

export interface Evaluation {
  ID: string;
  Namespace: string;
  Priority: number;
  Type: string;
  TriggeredBy: string;
  JobID: string;
  JobModifyIndex: number;
  Status: 'pending' | 'blocked' | 'complete' | 'canceled';
  StatusDescription?: string;
  PreviousEval?: string;
  BlockedEval?: string;
  FailedTGAllocs?: Record<string, PlacementFailure>;
  QueuedAllocations?: Record<string, number>;
  ClassEligibility?: Record<string, boolean>;
  SnapshotIndex?: number;
  CreateIndex: number;
  ModifyIndex: number;
  CreateTime: bigint;
  ModifyTime: bigint;
}

export interface TaskState {
  State: 'pending' | 'running' | 'dead';
  Failed: boolean;
  Restarts: number;
  LastRestart: null;
  StartedAt: string | null;
  FinishedAt: string | null;
  TaskHandle: null;
  Events: Record<string, unknown>[];
}

export interface Allocation {
  ID: string;
  Namespace: string;
  Name: string;
  JobID: string;
  Job: Job;
  TaskGroup: string;
  EvalID: string;
  NodeID: string;
  NodeName: string;
  DesiredStatus: 'run' | 'stop';
  DesiredDescription: string;
  ClientStatus: 'pending' | 'running' | 'complete' | 'failed';
  ClientDescription: string;
  AllocatedResources: AllocatedResources;
  TaskStates: Record<string, TaskState> | null;
  /** The process that runs the task, for a stand-in that is started again. Never answered. */
  Pid?: number;
  CreateIndex: number;
  ModifyIndex: number;
  AllocModifyIndex: number;
  CreateTime: bigint;
  ModifyTime: bigint;
}

export interface AllocatedResources {
  Shared: {
    DiskMB: number;
    Networks: Network[];
    Ports: { Label: string; Value: number; To: number; HostIP: string }[];
  };
  TaskLifecycles: Record<string, null>;
  Tasks: Record<
    string,
    {
      Cpu: { CpuShares: number; ReservedCores: null };
      Memory: { MemoryMB: number; MemoryMaxMB: number };
      Networks: null;
      Devices: null;
    }
  >;
}

/** Jobs of two namespaces may have the same id. */
export const jobKey = (namespace: string, id: string): string => `${namespace}/${id}`;

/** An answer that is not 200; Nomad sends its errors as plain text. */
export class NomadError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** A call that Nomad has and the stand-in has not: never an answer that looks like an empty one. */
export function lacking(what: string): NomadError {
  return new NomadError(501, `Nomad stand-in, for development only: it has no ${what}`);
}

/** Nanoseconds since 1970, as Nomad writes its times: beyond what a double holds exactly. */
export function nanoseconds(): bigint {
  return BigInt(Date.now()) * 1_000_000n + (process.hrtime.bigint() % 1_000_000n);
}

export function isTerminal(allocation: Allocation): boolean {
  return allocation.ClientStatus === 'complete' || allocation.ClientStatus === 'failed';
}
