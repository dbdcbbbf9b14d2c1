/** Where events are kept between page loads (free of the DOM). */
import type { NotebookEvent } from './protocol.js';

/** Two pages may have used the same number; each event stays its page's. */
export type EventKey = Pick<NotebookEvent, 'page' | 'seq'>;

export interface EventChange {
  readonly put: readonly NotebookEvent[];
  readonly remove: readonly EventKey[];
}

export interface EventStore {
  /** Everything that is kept of a participant, by page and number. */
  events(participant: string): Promise<NotebookEvent[]>;
  /** Does all of it or nothing; rejects if it could not be done. */
  write(participant: string, change: EventChange): Promise<void>;
}
