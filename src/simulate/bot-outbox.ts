/** What a bot's notebook page does with its events: numbers them, keeps them until they are acknowledged, and sends them again when they are not. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Document } from '../studies/document.js';
import type { EventKind } from '../studies/recording.js';
import type { Tally } from './tally.js';
import { causeOf, OfflineError } from './traveller.js';

export interface BotEvent {
  readonly seq: number;
  readonly type: EventKind;
  readonly at: string;
  /** Of no two events of a page the same: by it the books know an event again. */
  readonly clock: number;
  readonly page: string;
  readonly task: string | null;
  readonly cell: string | null;
  readonly focusSeconds: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What one participant's pages recorded and were answered, for the books. */
export interface Recorded {
  readonly events: BotEvent[];
  /** Names of events that left at least once, and that were acknowledged. */
  readonly sent: Set<string>;
  readonly acknowledged: Set<string>;
}

export const nameOf = ({ page, clock }: Pick<BotEvent, 'page' | 'clock'>): string => `${page} ${clock}`;

/** Why a page cannot go on: another one writes, or wrote before it could, or there is no lease any more. */
export type Stop = 'other-page' | 'overtaken' | 'gone';

export class StoppedError extends Error {
  constructor(readonly why: Stop) {
    super(`the page has to stop: ${why}`);
  }
}

interface Batch {
  readonly events: readonly BotEvent[];
  readonly snapshot?: { readonly seq: number; readonly document: Document };
}

export interface OutboxParts {
  readonly acknowledged: number;
  /** What the page before did not get sent, numbered from there. */
  readonly waiting: readonly BotEvent[];
  readonly recorded: Recorded;
  readonly tally: Tally;
  readonly send: (batch: Batch) => Promise<Response>;
}

const COLLECT_MS = 250;
const BATCH_EVENTS = 100;
const PATIENCE_MS = 120_000;

export class BotOutbox {
  waiting: BotEvent[];
  private last: number;
  private opened = false;
  private snapshot: Batch['snapshot'];
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> = Promise.resolve();
  private stopped: Stop | undefined;

  constructor(private readonly parts: OutboxParts) {
    this.waiting = [...parts.waiting];
    this.last = this.waiting.at(-1)?.seq ?? parts.acknowledged;
  }

  get lastSeq(): number {
    return this.last;
  }

  record(draft: Omit<BotEvent, 'seq'>): void {
    const event = { seq: (this.last += 1), ...draft };
    this.waiting.push(event);
    this.parts.recorded.events.push(event);
    this.soon();
  }

  /** The document as it is after the last event. */
  keep(document: Document): void {
    this.snapshot = { seq: this.last, document: structuredClone(document) };
    this.soon();
  }

  /** Until all that was recorded so far is acknowledged. */
  async flush(): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    for (
      let pause = 500;
      this.waiting.length > 0 || this.snapshot !== undefined;
      pause = Math.min(pause * 1.5, 5_000)
    ) {
      await this.sendNow();
      if (this.stopped !== undefined) throw new StoppedError(this.stopped);
      if (performance.now() > deadline) throw new Error('the events were not taken in time');
      if (this.waiting.length > 0 || this.snapshot !== undefined) await sleep(pause);
    }
  }

  /** The page is closed: what is under way arrives or not, nothing else leaves. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.stopped ??= 'other-page';
    await this.sending;
  }

  private soon(): void {
    if (this.stopped !== undefined) return;
    this.timer ??= setTimeout(() => void this.sendNow(), COLLECT_MS);
  }

  /** One batch at a time, so that the server sees the events in order. */
  private sendNow(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.sending = this.sending.then(() => this.sendBatch());
    return this.sending;
  }

  private async sendBatch(): Promise<void> {
    if (this.stopped !== undefined || (this.waiting.length === 0 && this.snapshot === undefined)) return;
    const { tally, recorded, send } = this.parts;
    const events = this.waiting.slice(0, BATCH_EVENTS);
    const { snapshot } = this;
    const isCovered = snapshot !== undefined && snapshot.seq <= (events.at(-1)?.seq ?? this.last);
    for (const event of events) recorded.sent.add(nameOf(event));
    try {
      const since = performance.now();
      const response = await send({ events, ...(isCovered && { snapshot }) });
      const answer = (await response.json().catch(() => ({}))) as { acknowledged?: number; error?: string };
      if (response.status === 200) {
        tally.time('events', performance.now() - since);
        if (isCovered && this.snapshot === snapshot) this.snapshot = undefined;
        this.acknowledge(answer.acknowledged ?? 0);
      } else this.refused(response.status, answer.error, answer.acknowledged);
    } catch (error) {
      if (!(error instanceof OfflineError)) tally.error('events', causeOf(error));
    }
    // What failed is sent again after a pause, as all that was recorded meanwhile.
    if (this.waiting.length > 0) this.soon();
  }

  private acknowledge(upTo: number): void {
    for (const event of this.waiting) if (event.seq <= upTo) this.parts.recorded.acknowledged.add(nameOf(event));
    if (this.waiting.some(({ type, seq }) => type === 'open' && seq <= upTo)) this.opened = true;
    this.waiting = this.waiting.filter(({ seq }) => seq > upTo);
  }

  private refused(status: number, error: string | undefined, acknowledged: number | undefined): void {
    const { tally } = this.parts;
    if (status === 409 && error === 'gap') {
      tally.error('events', 'gap');
      this.acknowledge(acknowledged ?? 0);
    } else if (status === 409) {
      this.stopped = this.opened ? 'other-page' : 'overtaken';
    } else if ([401, 403, 410].includes(status)) {
      tally.error('events', `answered with ${status} ${error ?? ''}`.trim());
      this.stopped = 'gone';
    } else tally.error('events', `answered with ${status} ${error ?? ''}`.trim());
  }
}
