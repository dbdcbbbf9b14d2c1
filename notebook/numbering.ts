/** The numbers of one participant's events: gapless, whatever a browser kept of them (free of the DOM). */
import type { NotebookEvent } from './protocol.js';

/** What the server has: the last number, and the page that wrote it. */
export interface ServerRecord {
  readonly acknowledged: number;
  readonly page: string | null;
}

export interface KeptEvents {
  /** Goes on where the server's record ends. */
  readonly waiting: readonly NotebookEvent[];
  /** The server has it. */
  readonly stored: readonly NotebookEvent[];
  /** Of pages that others have overtaken, here or in another browser: for the server to keep apart. */
  readonly stray: readonly NotebookEvent[];
}

/** Tells apart what a browser kept. A page goes on with its own numbers, or takes over with `open` at the next one. */
export function sortKept(kept: readonly NotebookEvent[], { acknowledged, page }: ServerRecord): KeptEvents {
  const waiting: NotebookEvent[] = [];
  const stray: NotebookEvent[] = [];
  const stored = kept.filter((event) => event.seq <= acknowledged && event.page === page);
  let [last, writer] = [acknowledged, page];
  for (const event of inOrder(kept.filter((event) => !stored.includes(event)))) {
    const isNext = event.type === 'open' && !stray.some(({ seq }) => seq > last);
    if (event.seq <= last || (event.page !== writer && !isNext)) {
      stray.push(event);
      continue;
    }
    waiting.push(event);
    [last, writer] = [event.seq, event.page];
  }
  return { waiting, stored, stray };
}

/** By number; of two pages with the same number, the one that opened last took over. */
function inOrder(events: readonly NotebookEvent[]): NotebookEvent[] {
  const isOpen = (event: NotebookEvent): number => (event.type === 'open' ? 1 : 0);
  return [...events].sort(
    (one, other) => one.seq - other.seq || isOpen(other) - isOpen(one) || other.at.localeCompare(one.at),
  );
}

/** The events with numbers that follow `acknowledged`; where some are gone, one event says how many. */
export function withoutGaps(events: readonly NotebookEvent[], acknowledged: number): NotebookEvent[] {
  const whole: NotebookEvent[] = [];
  let expected = acknowledged + 1;
  for (const event of events) {
    const count = event.seq - expected;
    const lost: NotebookEvent[] = count > 0 ? [lossBefore(event, count)] : [];
    // A page's first event is its `open`.
    whole.push(...(event.type === 'open' ? [event, ...lost] : [...lost, event]));
    expected = event.seq + 1;
  }
  return whole.map((event, index) => ({ ...event, seq: acknowledged + 1 + index }));
}

function lossBefore(event: NotebookEvent, count: number): NotebookEvent {
  return { ...event, type: 'lost', task: null, cell: null, data: { count } };
}
