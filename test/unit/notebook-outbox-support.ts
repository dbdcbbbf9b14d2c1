import type { NotebookDocument } from '../../notebook/document.js';
import type { EventChange, EventStore } from '../../notebook/event-store.js';
import { Outbox, type OutboxOptions } from '../../notebook/outbox.js';
import { OutboxStore } from '../../notebook/outbox-store.js';
import type { Answer, EventBatch, EventDraft, NotebookConfiguration, NotebookEvent } from '../../notebook/protocol.js';
import { resume, type Resumption } from '../../notebook/resume.js';

/** As the browser's own: each participant's events by page and number. `full` refuses to keep an event. */
export class MemoryStore implements EventStore {
  readonly kept = new Map<string, NotebookEvent>();
  full: (event: NotebookEvent) => boolean = () => false;
  /** What the writes did, in order. */
  readonly writes: string[] = [];

  events(participant: string): Promise<NotebookEvent[]> {
    const own = [...this.kept].filter(([key]) => key.startsWith(`${participant} `));
    return Promise.resolve(own.map(([, event]) => structuredClone(event)));
  }

  write(participant: string, { put, remove }: EventChange): Promise<void> {
    if (put.some(this.full)) return Promise.reject(new DOMException('full', 'QuotaExceededError'));
    for (const { page, seq } of remove) this.kept.delete(`${participant} ${page} ${seq}`);
    for (const event of put) this.kept.set(`${participant} ${event.page} ${event.seq}`, structuredClone(event));
    this.writes.push([...remove.map(({ seq }) => `-${seq}`), ...put.map(({ seq }) => `+${seq}`)].join(' '));
    return Promise.resolve();
  }

  get numbers(): number[] {
    return [...this.kept.values()].map(({ seq }) => seq).sort((one, other) => one - other);
  }
}

/** Keeps events as the web app does: in order, each once, a gap refused, other pages' apart. `trouble` answers in its place. */
export class MemoryServer {
  readonly events: NotebookEvent[] = [];
  readonly strays: NotebookEvent[] = [];
  readonly batches: EventBatch[] = [];
  page: string | null = null;
  trouble: ((batch: EventBatch) => Answer | null | undefined) | null = null;

  send = (batch: EventBatch): Promise<Answer> => {
    this.batches.push(structuredClone(batch));
    const answer = this.trouble?.(batch);
    if (answer === null) return Promise.reject(new TypeError('Failed to fetch'));
    return Promise.resolve(answer ?? this.accept(batch));
  };

  accept(batch: EventBatch): Answer {
    for (const event of batch.events) {
      const stored = this.events[event.seq - 1];
      const isOurs = stored ? stored.page === event.page : event.page === this.page || event.type === 'open';
      if (!isOurs) {
        this.strays.push(...batch.events);
        return { status: 409, body: { error: 'other-page', acknowledged: this.events.length } };
      }
      if (event.seq > this.events.length + 1) {
        return { status: 409, body: { error: 'gap', acknowledged: this.events.length } };
      }
      if (stored) continue;
      this.events.push(structuredClone(event));
      this.page = event.page;
    }
    return { status: 200, body: { acknowledged: this.events.length } };
  }
}

export const DOCUMENT: NotebookDocument = {
  tasks: [
    { id: 'intro', title: 'Introduction', kind: 'introduction', cells: [] },
    {
      id: 'one',
      title: 'One',
      kind: 'task',
      cells: [{ id: 'c', type: 'code', source: 'pass\n', runnable: true, executionCount: null, outputs: [] }],
    },
    { id: 'two', title: 'Two', kind: 'task', cells: [] },
  ],
};

export function draft(data: Record<string, unknown> = {}, more: Partial<EventDraft> = {}): EventDraft {
  const head = { type: 'edit', at: '2026-01-01T00:00:00.000Z', task: 'one', cell: 'c' } as const;
  return { ...head, page: 'p', clock: 0, focusSeconds: 0, data, ...more };
}

export const OPEN = draft({}, { type: 'open', task: 'intro', cell: null });

export function configurationOf(server: MemoryServer): NotebookConfiguration {
  return {
    participant: 'abc',
    study: { id: 's', title: 'S', language: 'en' },
    notebook: { earlierTasks: 'open', completion: true, askForSource: true },
    record: { keystrokes: true, pastes: true, copies: true, focus: true, scrolling: true, window: true },
    skipSurvey: [],
    document: DOCUMENT,
    state: { task: 0, taskSeconds: 0, cursor: null, acknowledged: server.events.length, page: server.page },
    heartbeatSeconds: 60,
    submitKey: '',
  };
}

export interface OpenPage {
  readonly outbox: Outbox;
  readonly store: OutboxStore;
  readonly resumption: Resumption;
}

/** Opens a page on what the server and the browser have; it records its own `open` only where a test does. */
export async function openPage(
  server: MemoryServer,
  kept: EventStore,
  more: Partial<OutboxOptions> = {},
): Promise<OpenPage> {
  const store = new OutboxStore(kept, 'abc');
  const resumption = resume(configurationOf(server), await store.events());
  store.remove(resumption.outdated);
  store.add(resumption.renumbered);
  const outbox = new Outbox({
    store,
    acknowledged: server.events.length,
    waiting: resumption.waiting,
    send: server.send,
    sendLast: server.send,
    document: () => DOCUMENT,
    collect: 1,
    backoff: { first: 2, most: 8 },
    ...more,
  });
  return { outbox, store, resumption };
}
