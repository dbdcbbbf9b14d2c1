/** What the manager sees in one pass; facts only, no decision. */

/** Either all of a part was read, or nothing may be concluded from what is missing. */
export type Part<T> =
  { readonly complete: true; readonly value: T } | { readonly complete: false; readonly why: string };

export type LiveState = 'booting' | 'ready' | 'leased' | 'retiring' | 'failed';

/** A dispatch call that is older than this is over, whatever became of it. */
export const CLAIM_SECONDS = 30;

/** An instance that may still have a process: not stopped, and not failed with its process gone. */
export interface InstanceRow {
  readonly id: string;
  readonly profile: string;
  readonly state: LiveState;
  readonly dispatchTerm: number | null;
  readonly dispatchedAt: Date | null;
  readonly jobId: string | null;
  readonly jobVersion: number | null;
  readonly createdAt: Date;
  readonly readyAt: Date | null;
}

export interface StoreView {
  readonly rows: readonly InstanceRow[];
  /** Participants in the line. */
  readonly waiting: number;
  /** Instances that failed before they were ready, since the last one that was. */
  readonly bootFailures: { readonly count: number; readonly latest: Date | null };
}

export type AllocationStatus = 'pending' | 'running' | 'complete' | 'failed' | 'lost' | 'unknown';

export interface Allocation {
  readonly status: AllocationStatus;
  readonly node: string;
  /** Why it ended, in a sentence for people; empty while it lives. */
  readonly ending: string;
}

export interface Child {
  readonly jobId: string;
  readonly instanceId: string | null;
  /** Deregistered, or all its allocations have ended. */
  readonly dead: boolean;
  /** Somebody asked for its end. */
  readonly stopped: boolean;
  readonly submittedAt: Date;
  readonly createIndex: number;
  readonly allocations: readonly Allocation[];
  /** Why no node takes it, in a sentence for people. */
  readonly blocked: string | null;
}

export interface NomadView {
  /** The parent job as registered, null when Nomad has none. */
  readonly parent: { readonly version: number } | null;
  readonly children: readonly Child[];
}

export interface QueueView {
  readonly queued: readonly string[];
  readonly booting: string | null;
  readonly old: readonly string[];
}

export interface Observed {
  readonly term: number;
  /** Whether this leader has given Nomad its job file. */
  readonly jobRegistered: boolean;
  readonly store: StoreView;
  readonly nomad: Part<NomadView>;
  /** Instance ids that pass Consul's check. */
  readonly passing: Part<ReadonlySet<string>>;
  readonly queue: Part<QueueView>;
}

/** What an operator asks for. */
export interface Desired {
  readonly profile: string;
  readonly poolSize: number;
  readonly maxInstances: number;
  readonly bootSeconds: number;
}
