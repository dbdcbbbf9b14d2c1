/** Hands over what other pages left in this browser: the server knows it already, or keeps it apart (free of the DOM). */
import { firstOf, firstRun } from './batch.js';
import type { OutboxStore } from './outbox-store.js';
import type { Answer, EventBatch, NotebookEvent } from './protocol.js';

const LIMIT = { events: 100, bytes: 400_000 };

/**
 * Only after this page's own `open` has been acknowledged: before that, the server would take them for its record's next events.
 * What the server does not take stays in the browser for the next page.
 */
export async function handOver(
  strays: readonly NotebookEvent[],
  store: OutboxStore,
  send: (batch: EventBatch) => Promise<Answer>,
): Promise<void> {
  let rest = [...strays].sort((one, other) => one.page.localeCompare(other.page) || one.seq - other.seq);
  while (rest.length > 0) {
    const fitting = firstOf(firstRun(rest), LIMIT);
    const events = fitting.length > 0 ? fitting : rest.slice(0, 1);
    const answer = await send({ events }).catch(() => null);
    const isTaken = answer?.status === 200 || (answer?.status === 409 && answer.body.error === 'other-page');
    if (!isTaken) return;
    store.remove(events);
    rest = rest.slice(events.length);
  }
}
