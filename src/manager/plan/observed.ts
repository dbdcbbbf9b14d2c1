/** What the manager sees in one pass; facts only, no decision. */

/** Either all of a part was read, or nothing may be concluded from what is missing. */
export type Part<T> =
  { readonly complete: true; readonly value: T } | { readonly complete: false; readonly why: string };

export type LiveState = 'booting' | 'ready' | 'leased' | 'retiring' | 'failed';

/** A dispatch call that is older than this is over, whatever became of it. */
export const CLAIM_SECONDS = 30;

/** Who opened the consent page so long ago and has not given it is not coming. */
export const ARRIVAL_SECONDS = 300;

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

/** Who wants instances of a profile, and how their start went lately. */
export interface Demand {
  /** Participants in the line. */
  readonly waiting: number;
  /** Participants who read the consent page now. */
  readonly arriving: number;
  /** Instances that failed before they were ready, since the last one that was. */
  readonly bootFailures: BootFailures;
}

export interface BootFailures {
  readonly count: number;
  readonly first: Date | null;
  readonly latest: Date | null;
  /** Why the latest failed. */
  readonly reason: string | null;
}

export const noDemand: Demand = {
  waiting: 0,
  arriving: 0,
  bootFailures: { count: 0, first: null, latest: null, reason: null },
};

export interface StoreView {
  /** When it was read, by the database's clock, which also gave the rows their times. */
  readonly at: Date;
  readonly rows: readonly InstanceRow[];
  /** By profile; a profile that nobody wants is absent. */
  readonly demand: ReadonlyMap<string, Demand>;
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

export interface Parent {
  readonly version: number;
  /** The Consul service of its instances, null when its job file declares none. */
  readonly service: string | null;
}

export interface NomadView {
  /** By profile: the parent job as registered; absent when Nomad has none, or a stopped one. */
  readonly parents: ReadonlyMap<string, Parent>;
  /** All children that live, and those dead ones that a row still names. */
  readonly children: readonly Child[];
}

export interface QueueView {
  readonly queued: readonly string[];
  readonly booting: string | null;
  readonly old: readonly string[];
}

export interface Observed {
  readonly term: number;
  /** Profiles whose job file this leader has given to Nomad. */
  readonly registered: ReadonlySet<string>;
  readonly store: StoreView;
  readonly nomad: Part<NomadView>;
  /** Instance ids that pass Consul's check. */
  readonly passing: Part<ReadonlySet<string>>;
  readonly queue: Part<QueueView>;
}
