/** A record as moments in time: what was done when, and the notebook as it was then (free of the DOM). */
import type { Document } from '../src/studies/document.js';
import { rebuildAsFarAsPossible, type RecordedStep } from '../src/studies/rebuild.js';

/** An event as the server tells it. */
export interface ReplayEvent {
  readonly seq: number;
  readonly type: string;
  readonly at: string;
  readonly receivedAt: string;
  readonly clock: number;
  readonly page: string;
  readonly task: string | null;
  readonly cell: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Moment {
  /** Milliseconds since the first, without the idle time beyond `longestIdle` where that is asked for. */
  readonly time: number;
  readonly event: ReplayEvent;
  /** Of an edit: which of its steps, from 0. */
  readonly step: number;
}

export interface Shown {
  readonly document: Document;
  /** Cells that stand otherwise than they were typed, as events are missing. */
  readonly notRebuilt: readonly string[];
}

/** From one to the next checkpoint, in moments. */
const CHECKPOINT = 500;

export class Timeline {
  readonly moments: readonly Moment[];
  private readonly checkpoints: Shown[] = [];
  private latest: { readonly end: number; readonly shown: Shown };

  constructor(
    document: Document,
    private readonly events: readonly ReplayEvent[],
  ) {
    this.moments = momentsOf(events);
    this.checkpoints.push(rebuildAsFarAsPossible(document, []));
    this.latest = { end: 0, shown: this.checkpoints[0]! };
  }

  /** The times again, with pauses of at most so many milliseconds. */
  times(longestIdle: number): number[] {
    let time = 0;
    return this.moments.map((moment, index) => {
      if (index > 0) time += Math.min(moment.time - this.moments[index - 1]!.time, longestIdle);
      return time;
    });
  }

  /** The notebook after the first `end` moments. */
  shown(end: number): Shown {
    const known = Math.min(Math.floor(end / CHECKPOINT), this.checkpoints.length - 1);
    const isNear = this.latest.end <= end && this.latest.end >= known * CHECKPOINT;
    let { end: at, shown } = isNear ? this.latest : { end: known * CHECKPOINT, shown: this.checkpoints[known]! };
    while (at < end) {
      const next = Math.min(end, (Math.floor(at / CHECKPOINT) + 1) * CHECKPOINT);
      shown = rebuildAsFarAsPossible(shown.document, this.moments.slice(at, next).map(stepOf), shown.notRebuilt);
      at = next;
      if (at === this.checkpoints.length * CHECKPOINT) this.checkpoints.push(shown);
    }
    this.latest = { end, shown };
    return shown;
  }

  /** How many moments there are until an event is over. */
  endOf(seq: number): number {
    const behind = this.moments.findIndex(({ event }) => event.seq > seq);
    return behind === -1 ? this.moments.length : behind;
  }

  get count(): number {
    return this.events.length;
  }
}

function stepOf({ event: { type, cell, data }, step }: Moment): RecordedStep {
  if (type !== 'edit' || !Array.isArray(data['steps'])) return { type, cell, data };
  return { type, cell, data: { steps: [data['steps'][step]] } };
}

/**
 * In the order of the record. Within a page its own clock tells the time, from one page to the next the server's. An edit stands
 * in the record up to a second after its first change: what was recorded meanwhile comes first, and no moment before another.
 */
function momentsOf(events: readonly ReplayEvent[]): Moment[] {
  const moments: Moment[] = [];
  let time = 0;
  let before: ReplayEvent | undefined;
  // At this time the page's clock stood at 0.
  let zero = 0;
  for (const event of events) {
    const steps: readonly { clock?: unknown }[] =
      event.type === 'edit' && Array.isArray(event.data['steps']) ? event.data['steps'] : [{}];
    const clocks = steps.map(({ clock }) => (typeof clock === 'number' ? clock : event.clock));
    if (before?.page !== event.page) {
      const pause = before ? Date.parse(event.receivedAt) - Date.parse(before.receivedAt) : 0;
      zero = time + Math.max(0, pause) - clocks[0]!;
    }
    for (const [step, clock] of clocks.entries()) {
      time = Math.max(time, zero + clock);
      moments.push({ time, event, step });
    }
    before = event;
  }
  return moments;
}
