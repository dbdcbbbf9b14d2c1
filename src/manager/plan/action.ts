import type { LiveState } from './observed.js';

interface Because {
  /** In words, for the log and the audit. */
  readonly reason: string;
}

export type Action = Because &
  (
    | { readonly kind: 'register-job'; readonly profile: string }
    | { readonly kind: 'intend'; readonly profile: string; readonly count: number }
    | { readonly kind: 'dispatch'; readonly id: string; readonly profile: string; readonly claimed: boolean }
    | { readonly kind: 'adopt'; readonly id: string; readonly jobId: string }
    | { readonly kind: 'probe'; readonly id: string; readonly profile: string; readonly node: string }
    | { readonly kind: 'fail'; readonly id: string }
    | { readonly kind: 'retire'; readonly id: string; readonly from: readonly LiveState[] }
    | { readonly kind: 'stop'; readonly id: string; readonly jobId: string }
    | { readonly kind: 'mark-stopped'; readonly id: string }
    | { readonly kind: 'stop-double'; readonly jobId: string }
    | { readonly kind: 'stop-orphan'; readonly jobId: string }
    | { readonly kind: 'forget-old'; readonly entry: string }
    | { readonly kind: 'publish-queue'; readonly queued: readonly string[]; readonly booting: number }
  );

/** What became of an action. */
export interface Outcome {
  readonly kind: Action['kind'];
  readonly result: 'done' | 'nothing' | 'failed';
  /** Why it failed. */
  readonly error?: string;
}
