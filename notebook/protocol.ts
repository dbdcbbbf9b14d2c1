/** What the page and the web app say to each other (free of the DOM: the tests run it in Node). */
import type { NotebookChoice } from '../src/studies/definition.js';
import type { Question } from '../src/studies/questions.js';
import type { EventKind, RecordChoice } from '../src/studies/recording.js';
import type { StudyEvent } from '../src/submit/event.js';
import type { NotebookDocument } from './document.js';

export type { EventData } from '../src/submit/event.js';

export type EventType = EventKind;
export type NotebookEvent = StudyEvent;
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
  readonly notebook: NotebookChoice;
  readonly record: RecordChoice;
  readonly skipSurvey: readonly Question[];
  /** As it was when event `acknowledged` had been recorded. */
  readonly document: NotebookDocument;
  readonly state: {
    /** Index of the task to resume at. */
    readonly task: number;
    /** Seconds that have been worked at that task so far, by the server's clock. */
    readonly taskSeconds: number;
    /** Where the participant last typed in that task. */
    readonly cursor: { readonly cell: string; readonly offset: number } | null;
    readonly acknowledged: number;
    /** The page that recorded event `acknowledged`. */
    readonly page: string | null;
  };
  readonly heartbeatSeconds: number;
  /** Lets scripts of the study use the old address `/submit` for this participant. */
  readonly submitKey: string;
}

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The statuses that say: this page has no instance or no session any more. Loading it again finds the way. */
export function isGone(status: number): boolean {
  return status === 401 || status === 403 || status === 404 || status === 410;
}

/**
 * `gone`: no session or no lease any more. `other-page`: another page writes. `overtaken`: the record went on between what
 * this page was shown and its own `open`.
 */
export type StopReason = 'gone' | 'other-page' | 'overtaken';
