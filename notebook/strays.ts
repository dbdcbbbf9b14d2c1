/** Hands over what other pages left in this browser: the server knows it already, or keeps it apart (free of the DOM). */
import { firstOf, firstRun } from './batch.js';
import type { OutboxStore } from './outbox-store.js';
import type { Answer, EventBatch, NotebookEvent } from './protocol.js';

const LIMIT = { events: 100, bytes: 400_000 };

export interface HandOver {
  /** This page, whose own events go their own way. */
  readonly page: string;
  readonly store: OutboxStore;
  readonly send: (batch: EventBatch) => Promise<Answer>;
}

/**
 * Only when all that this page goes on from, and its own `open`, has been acknowledged: before that, the server would take for its
 * record's next events what is none of it. What it does not take stays in the browser for the next page.
 */
export async function handOverStrays({ page, store, send }: HandOver): Promise<void> {
  await store.settled();
  let rest = (await store.events()).filter((event) => event.page !== page).sort(byPage);
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

function byPage(one: NotebookEvent, other: NotebookEvent): number {
  return one.page.localeCompare(other.page) || one.seq - other.seq;
}
