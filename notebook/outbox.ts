/**
 * The way of an event from the page to the server (free of the DOM).
 *
 *   record → memory and storage → batch → POST events ─┬─ acknowledged → forgotten
 *                ▲                                     ├─ gap → sent again from there
 *                └──────── backoff ◄── no answer, 5xx ─┘
 *
 * One batch is under way at a time, so the server sees the events in order. Nothing leaves the storage before the server said that it has it.
 */
import { bareOf, firstOf } from './batch.js';
import type { NotebookDocument } from './document.js';
import { withoutGaps } from './numbering.js';
import type { OutboxStore } from './outbox-store.js';
import {
  isGone,
  type Answer,
  type EventBatch,
  type EventDraft,
  type NotebookEvent,
  type StopReason,
  type Snapshot,
} from './protocol.js';

/** `offline`: waits in this browser. `unkept`: waits in this page alone, the browser could not keep it. */
export type SaveState = 'saved' | 'saving' | 'offline' | 'unkept';

export interface OutboxOptions {
  readonly store: OutboxStore;
  /** The last number that the server has. */
  readonly acknowledged: number;
  /** What earlier pages recorded and the server does not have yet, numbered from there. */
  readonly waiting: readonly NotebookEvent[];
  /** Rejects when there was no answer. */
  readonly send: (batch: EventBatch) => Promise<Answer>;
  /** The same by a request that outlives the page. */
  readonly sendLast: (batch: EventBatch) => Promise<Answer>;
  /** The document as it is now. */
  readonly document: () => NotebookDocument;
  readonly onState?: (state: SaveState) => void;
  /** The server will not take more from this page: its session is over, or another page writes. */
  readonly onStopped?: (why: StopReason) => void;
  /** How long events are collected before a batch leaves, milliseconds. */
  readonly collect?: number;
  readonly backoff?: { readonly first: number; readonly most: number };
}

const BATCH_EVENTS = 100;
/** Under the server's limit for a body, with room for a snapshot. */
const BATCH_BYTES = 400_000;
/** Browsers refuse a larger body for a request that outlives its page. */
const LAST_BYTES = 60_000;

export class Outbox {
  private waiting: NotebookEvent[];
  private last: number;
  private acknowledged: number;
  private snapshot: Snapshot | null = null;
  private expects = false;
  private underway = false;
  private stopped = false;
  private isReached = true;
  private failures = 0;
  private batchLimit = BATCH_EVENTS;
  private lastSent = 0;
  private heldUntil = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private state: SaveState = 'saved';
  private flushes: { upTo: number; resolve: () => void }[] = [];

  constructor(private readonly options: OutboxOptions) {
    this.acknowledged = options.acknowledged;
    this.waiting = [...options.waiting];
    this.last = this.waiting.at(-1)?.seq ?? this.acknowledged;
    options.store.watch(() => {
      this.tell();
    });
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
    this.options.store.add([event]);
    this.schedule(this.options.collect ?? 250);
    return event;
  }

  /** Something has happened that will be recorded in a moment: not everything is saved. */
  expect(expects: boolean): void {
    this.expects = expects;
    this.tell();
  }

  /** Sends the document along as it is now. All changes of its text must have been recorded. */
  requestSnapshot(): void {
    this.snapshot = { seq: this.last, document: structuredClone(this.options.document()) };
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

  /** The page may be gone in a moment: what fits is sent by a request that outlives it. The rest waits in the browser. */
  leave(): void {
    const events = firstOf(this.waiting, { events: BATCH_EVENTS, bytes: LAST_BYTES });
    const lastSent = events.at(-1)?.seq ?? 0;
    if (this.stopped || lastSent <= this.lastSent) return;
    this.lastSent = lastSent;
    this.options.sendLast({ events }).then(
      ({ status, body }) => {
        if (status !== 200) return; // the batches hear the same, and act on it
        this.acknowledge(Math.max(Number(body.acknowledged), this.acknowledged));
        this.settle();
      },
      () => {
        this.lastSent = 0; // the page is still there: its batches go on
      },
    );
  }

  /** Sends nothing for so many milliseconds: another page is reading what the server and the browser have, one after the other. */
  hold(milliseconds: number): void {
    this.heldUntil = performance.now() + milliseconds;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.schedule(0);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.tell();
  }

  private isIdle(): boolean {
    return this.waiting.length === 0 && this.snapshot === null;
  }

  private schedule(delay: number): void {
    this.tell();
    if (this.stopped || this.underway || this.isIdle()) return;
    // A batch that waits for its backoff is not hurried by new events, only by a kick.
    if (this.timer !== undefined && delay > 0) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(
      () => {
        this.timer = undefined;
        void this.sendBatch();
      },
      Math.max(delay, this.heldUntil - performance.now()),
    );
  }

  private async sendBatch(): Promise<void> {
    if (this.underway || this.stopped || this.isIdle()) return;
    this.underway = true;
    const batch = this.batch();
    try {
      const answer = await this.options.send(batch);
      this.isReached = true;
      this.handle(batch, answer);
    } catch {
      this.failed();
    } finally {
      this.underway = false;
    }
    this.settle();
    this.schedule(this.failures === 0 ? 0 : this.pause());
  }

  private batch(): EventBatch {
    const fitting = firstOf(this.waiting, { events: this.batchLimit, bytes: BATCH_BYTES });
    const events = fitting.length > 0 ? fitting : this.waiting.slice(0, 1);
    const { snapshot } = this;
    const isCovered = snapshot !== null && snapshot.seq <= (events.at(-1)?.seq ?? this.acknowledged);
    return isCovered ? { events, snapshot } : { events };
  }

  private handle(batch: EventBatch, { status, body }: Answer): void {
    if (status === 200) {
      this.failures = 0;
      this.batchLimit = BATCH_EVENTS;
      if (this.snapshot === batch.snapshot) this.snapshot = null;
      this.acknowledge(Number(body.acknowledged));
    } else if (status === 409 && body.error === 'gap') {
      this.failures++; // the next try comes after a pause: a gap that stays must not become a storm
      this.acknowledge(Number(body.acknowledged));
      this.closeGap();
    } else if (status === 409) {
      this.part(batch);
    } else if (isGone(status)) {
      this.stop();
      this.options.onStopped?.('gone');
    } else if (status === 400 || status === 413) {
      this.refused(batch);
    } else {
      this.failed();
    }
  }

  private acknowledge(upTo: number): void {
    if (!Number.isInteger(upTo)) return;
    this.options.store.remove(this.waiting.filter((event) => event.seq <= upTo));
    this.waiting = this.waiting.filter((event) => event.seq > upTo);
    this.acknowledged = upTo;
  }

  /** Numbers that the server does not have and that are not here any more, such as after its loss of a moment: told as lost. */
  private closeGap(): void {
    const whole = withoutGaps(this.waiting, this.acknowledged);
    if (whole.length === this.waiting.length) return;
    const moved = whole.length > 0 ? whole.at(-1)!.seq - this.last : 0;
    this.options.store.remove(this.waiting);
    this.options.store.add(whole);
    this.waiting = whole;
    this.last += moved;
    if (this.snapshot) this.snapshot = { ...this.snapshot, seq: this.snapshot.seq + moved };
  }

  /** Another page writes. The server keeps apart what this one sends, and what still waits goes there too. */
  private part(batch: EventBatch): void {
    this.snapshot = null;
    this.options.store.remove(batch.events);
    this.waiting = this.waiting.filter((event) => !batch.events.some(({ seq }) => seq === event.seq));
    const wasWriter = !batch.events.some(({ type, seq }) => type === 'open' && seq > this.options.acknowledged);
    this.options.onStopped?.(wasWriter ? 'other-page' : 'overtaken');
  }

  /** Too large or not understood: smaller batches find the culprit, and its number goes on without its contents. */
  private refused(batch: EventBatch): void {
    this.failures++;
    if (batch.snapshot) {
      if (this.snapshot === batch.snapshot) this.snapshot = null;
      return;
    }
    if (batch.events.length > 1) {
      this.batchLimit = Math.ceil(batch.events.length / 2);
      return;
    }
    const culprit = batch.events[0];
    if (!culprit || culprit.type === 'lost') return;
    this.waiting[0] = bareOf(culprit);
    this.options.store.add([this.waiting[0]]);
  }

  private failed(): void {
    this.failures++;
    this.isReached = false;
  }

  private settle(): void {
    const isDone = ({ upTo }: { upTo: number }): boolean =>
      Math.min(upTo, this.last) <= this.acknowledged && this.snapshot === null;
    const done = this.flushes.filter(isDone);
    this.flushes = this.flushes.filter((flush) => !done.includes(flush));
    for (const { resolve } of done) resolve();
    this.tell();
  }

  private pause(): number {
    const { first, most } = this.options.backoff ?? { first: 500, most: 15_000 };
    const full = Math.min(most, first * 2 ** Math.min(this.failures - 1, 10));
    return full * (0.75 + Math.random() / 2); // spread, so that a server that comes back is not met by all at once
  }

  private tell(): void {
    const state = this.saveState();
    if (state === this.state) return;
    this.state = state;
    this.options.onState?.(state);
  }

  private saveState(): SaveState {
    if (this.isIdle() && !this.expects) return 'saved';
    if (this.isReached && !this.stopped) return 'saving';
    return this.options.store.keepsAll ? 'offline' : 'unkept';
  }
}
