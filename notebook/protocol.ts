/** What the page and the web app say to each other (free of the DOM: the tests run it in Node). */
import type { NotebookDocument } from './document.js';

export type EventType =
  | 'open'
  | 'start'
  | 'edit'
  | 'run'
  | 'output'
  | 'interrupt'
  | 'reset'
  | 'next'
  | 'skip'
  | 'focus'
  | 'blur'
  | 'paste'
  | 'finish';

/** One step of a participant. `seq` counts from 1 without a gap over all their page loads. */
export interface NotebookEvent {
  readonly seq: number;
  readonly type: EventType;
  readonly at: string;
  readonly page: string;
  readonly task: string | null;
  readonly cell: string | null;
  readonly focusSeconds: number;
  readonly data: Readonly<Record<string, unknown>>;
}

export type EventDraft = Omit<NotebookEvent, 'seq'>;

/** The document as it was when event `seq` had been recorded. */
export interface Snapshot {
  readonly seq: number;
  readonly document: NotebookDocument;
}

export interface EventBatch {
  readonly events: readonly NotebookEvent[];
  readonly snapshot?: Snapshot;
}

/** `GET notebook` */
export interface NotebookConfiguration {
  readonly participant: string;
  readonly study: { readonly id: string; readonly title: string; readonly language: string };
  readonly document: NotebookDocument;
  readonly state: { readonly task: number; readonly acknowledged: number; readonly page: string | null };
  readonly heartbeatSeconds: number;
}

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The statuses that say: this page has no instance or no session any more. Loading it again finds the way. */
export function isGone(status: number): boolean {
  return status === 401 || status === 403 || status === 404 || status === 410;
}
