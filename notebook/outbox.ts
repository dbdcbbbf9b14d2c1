/**
 * The way of an event from the page to the server (free of the DOM).
 *
 *   record → memory and storage → batch → POST events ─┬─ acknowledged → forgotten
 *                ▲                                     ├─ gap → sent again from there
 *                └──────── backoff ◄── no answer, 5xx ─┘
 *
 * One batch is under way at a time, so the server sees the events in order. Nothing leaves the storage before the server said that it has it.
 */
import type { NotebookDocument } from './document.js';
import type { OutboxStore } from './outbox-store.js';
import { isGone, type Answer, type EventBatch, type EventDraft, type NotebookEvent } from './protocol.js';

export type SaveState = 'saved' | 'saving' | 'offline';

export interface OutboxOptions {
  readonly store: OutboxStore;
  /** The last number that the server has. */
  readonly acknowledged: number;
  /** Rejects when there was no answer. */
  readonly send: (batch: EventBatch) => Promise<Answer>;
  /** The document as it is now. */
  readonly document: () => NotebookDocument;
  readonly onState?: (state: SaveState) => void;
  /** The server will not take more from this page: its session is over, or another page writes. */
  readonly onStopped?: (why: 'gone' | 'other-page') => void;
  /** How long events are collected before a batch leaves, milliseconds. */
  readonly collect?: number;
  readonly backoff?: { readonly first: number; readonly most: number };
}

const BATCH_EVENTS = 100;
/** Characters of JSON, under the server's limit for a body with room for a snapshot. */
const BATCH_SIZE = 400_000;

export class Outbox {
  private waiting: NotebookEvent[];
  private last: number;
  private acknowledged: number;
  private snapshotDue = false;
  private underway = false;
  private stopped = false;
  private failures = 0;
  private batchLimit = BATCH_EVENTS;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private state: SaveState = 'saved';
  private flushes: { upTo: number; resolve: () => void }[] = [];

  constructor(private readonly options: OutboxOptions) {
    this.acknowledged = options.acknowledged;
    const kept = options.store.events();
    for (const event of kept) if (event.seq <= this.acknowledged) options.store.remove(event.seq);
    this.waiting = kept.filter((event) => event.seq > this.acknowledged);
    this.closeGap();
    this.last = this.waiting.at(-1)?.seq ?? this.acknowledged;
    if (this.waiting.length > 0) this.schedule(0);
  }

  get lastSeq(): number {
    return this.last;
  }

  get pending(): number {
    return this.waiting.length;
  }

  record(draft: EventDraft): NotebookEvent {
    const event: NotebookEvent = { seq: this.last + 1, ...draft };
    this.last = event.seq;
    this.waiting.push(event);
    if (!this.stopped) {
      this.options.store.add(event);
      this.schedule(this.options.collect ?? 250);
    }
    return event;
  }

  /** The next batch that ends with the last event carries the whole document. */
  requestSnapshot(): void {
    this.snapshotDue = true;
    this.schedule(this.options.collect ?? 250);
  }

  /** Resolves when everything recorded so far is acknowledged, however long that takes; sends at once. */
  async flush(): Promise<void> {
    if (this.isIdle()) return;
    await new Promise<void>((resolve) => {
      this.flushes.push({ upTo: this.last, resolve });
      this.kick();
    });
  }

  /** Sends now: someone waits, or the network came back. */
  kick(): void {
    this.schedule(0);
  }

  /** What would be sent now, for the browser's last request when the page closes. */
  remainder(): EventBatch {
    return this.batch();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private isIdle(): boolean {
    return this.waiting.length === 0 && !this.snapshotDue;
  }

  private schedule(delay: number): void {
    if (this.stopped || this.isIdle()) return;
    if (this.failures === 0) this.tell('saving');
    if (this.underway) return;
    // A batch that waits for its backoff is not hurried by new events, only by a kick.
    if (this.timer !== undefined && delay > 0) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.sendBatch();
    }, delay);
  }

  private async sendBatch(): Promise<void> {
    if (this.underway || this.stopped || this.isIdle()) return;
    this.underway = true;
    const batch = this.batch();
    if (batch.snapshot) this.snapshotDue = false;
    try {
      this.handle(batch, await this.options.send(batch));
    } catch {
      this.failed(batch);
    } finally {
      this.underway = false;
    }
    if (this.stopped) return;
    this.settle();
    if (!this.isIdle()) this.schedule(this.failures === 0 ? 0 : this.pause());
  }

  private batch(): EventBatch {
    const events: NotebookEvent[] = [];
    let size = 0;
    for (const event of this.waiting.slice(0, this.batchLimit)) {
      size += JSON.stringify(event).length;
      if (events.length > 0 && size > BATCH_SIZE) break;
      events.push(event);
    }
    const isWhole = events.length === this.waiting.length;
    if (!this.snapshotDue || !isWhole) return { events };
    return { events, snapshot: { seq: this.last, document: this.options.document() } };
  }

  private handle(batch: EventBatch, answer: Answer): void {
    const { status, body } = answer;
    if (status === 200) {
      this.failures = 0;
      this.batchLimit = BATCH_EVENTS;
      this.acknowledge(Number(body.acknowledged));
    } else if (status === 409 && body.error === 'gap') {
      this.failures++; // the next try comes after a pause: a gap that stays must not become a storm
      if (batch.snapshot) this.snapshotDue = true;
      this.acknowledge(Number(body.acknowledged));
      this.closeGap();
    } else if (status === 409) {
      this.end('other-page');
    } else if (isGone(status)) {
      this.end('gone');
    } else if (status === 400 || status === 413) {
      this.refused(batch);
    } else {
      this.failed(batch);
    }
  }

  private acknowledge(upTo: number): void {
    if (!Number.isInteger(upTo)) return;
    for (const event of this.waiting) if (event.seq <= upTo) this.options.store.remove(event.seq);
    this.waiting = this.waiting.filter((event) => event.seq > upTo);
    this.acknowledged = upTo;
  }

  /** Numbers missing at the front are nowhere any more (the browser's storage was cleared): ours move up, so that none waits for ever. */
  private closeGap(): void {
    const shift = (this.waiting[0]?.seq ?? 0) - this.acknowledged - 1;
    if (shift <= 0) return;
    for (const event of this.waiting) this.options.store.remove(event.seq);
    this.waiting = this.waiting.map((event) => ({ ...event, seq: event.seq - shift }));
    for (const event of this.waiting) this.options.store.add(event);
    this.last = this.waiting.at(-1)?.seq ?? this.acknowledged;
  }

  /** Too large or not understood: smaller batches find the culprit, and its number goes on without its contents. */
  private refused(batch: EventBatch): void {
    this.failures++;
    if (batch.snapshot) return; // tried again without it
    if (batch.events.length > 1) {
      this.batchLimit = Math.ceil(batch.events.length / 2);
      return;
    }
    const culprit = batch.events[0];
    if (!culprit || culprit.data.withheld === true) return;
    const bare = { ...culprit, data: { withheld: true, characters: JSON.stringify(culprit.data).length } };
    this.waiting[0] = bare;
    this.options.store.add(bare);
  }

  private failed(batch: EventBatch): void {
    this.failures++;
    if (batch.snapshot) this.snapshotDue = true;
    this.tell('offline');
  }

  private end(why: 'gone' | 'other-page'): void {
    this.stop();
    this.tell('offline');
    this.options.onStopped?.(why);
  }

  private settle(): void {
    const done = this.flushes.filter(
      (flush) => Math.min(flush.upTo, this.last) <= this.acknowledged && !this.snapshotDue,
    );
    this.flushes = this.flushes.filter((flush) => !done.includes(flush));
    for (const flush of done) flush.resolve();
    if (this.isIdle()) this.tell('saved');
    else if (this.failures === 0) this.tell('saving');
  }

  private pause(): number {
    const { first, most } = this.options.backoff ?? { first: 500, most: 15_000 };
    const full = Math.min(most, first * 2 ** Math.min(this.failures - 1, 10));
    return full * (0.75 + Math.random() / 2); // spread, so that a server that comes back is not met by all at once
  }

  private tell(state: SaveState): void {
    if (state === this.state) return;
    this.state = state;
    this.options.onState?.(state);
  }
}
