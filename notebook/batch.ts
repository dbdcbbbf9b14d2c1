/** What goes into one request (free of the DOM). */
import type { NotebookEvent } from './protocol.js';

export interface BatchLimit {
  readonly events: number;
  /** Of JSON. */
  readonly bytes: number;
}

/** As many of the first events as fit. */
export function firstOf(events: readonly NotebookEvent[], limit: BatchLimit): NotebookEvent[] {
  const fitting: NotebookEvent[] = [];
  let bytes = 0;
  for (const event of events.slice(0, limit.events)) {
    bytes += bytesOf(event) + 1;
    if (bytes > limit.bytes) break;
    fitting.push(event);
  }
  return fitting;
}

/** The longest piece from the front that one page recorded without a gap between its numbers. */
export function firstRun(events: readonly NotebookEvent[]): NotebookEvent[] {
  const end = events.findIndex(({ seq, page }, index) => {
    const before = events[index - 1];
    return before !== undefined && (page !== before.page || seq !== before.seq + 1);
  });
  return events.slice(0, end === -1 ? events.length : end);
}

function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

/** What can be said of an event that the server refuses: how large it was; and of one that is refused even so, that it is lost. */
export function bareOf(event: NotebookEvent): NotebookEvent {
  if (event.data.withheld === true) return { ...event, type: 'lost', task: null, cell: null, data: { count: 1 } };
  return { ...event, data: { withheld: true, characters: JSON.stringify(event.data).length } };
}
