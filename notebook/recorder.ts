/** Turns what happens on the page into numbered events, each with the page's copy of the document beside it (free of the DOM). */
import type { DocumentModel } from './document-model.js';
import type { Flow } from './flow.js';
import type { FocusClock } from './focus-clock.js';
import type { Outbox } from './outbox.js';
import type { OutboxStore } from './outbox-store.js';
import type { EventData, EventType } from './protocol.js';

/** An edit is recorded this long after its first change, milliseconds. */
const EDIT_TIME = 1000;

export type EditStep = EventData['edit']['steps'][number];

export interface RecorderParts {
  readonly model: DocumentModel;
  readonly flow: Flow;
  readonly outbox: Outbox;
  readonly store: OutboxStore;
  readonly clock: FocusClock;
  readonly page: string;
}

export class Recorder {
  private readonly edits = new Map<string, { steps: EditStep[]; timer: ReturnType<typeof setTimeout> }>();
  private snapshotVersion: number;
  private closed = false;

  constructor(private readonly parts: RecorderParts) {
    this.snapshotVersion = parts.model.version;
  }

  record<Type extends EventType>(type: Type, data: EventData[Type], cell: string | null = null): void {
    if (this.closed) return;
    const { model, flow, outbox, store, clock, page } = this.parts;
    outbox.record({
      type,
      at: new Date().toISOString(),
      clock: now(),
      page,
      task: (cell === null ? null : model.taskOf(cell)) ?? flow.current.id,
      cell,
      focusSeconds: clock.seconds,
      data,
    });
    store.saveCopy({ seq: outbox.lastSeq, task: flow.index, document: model.document });
  }

  /** The text of a cell has changed. */
  edited(cell: string, changes: EditStep['changes'], by: string): void {
    const waiting = this.edits.get(cell);
    const step = { clock: now(), changes, by };
    if (waiting) {
      waiting.steps.push(step);
      return;
    }
    const timer = setTimeout(() => {
      this.flushEdit(cell);
    }, EDIT_TIME);
    this.edits.set(cell, { steps: [step], timer });
  }

  /** Records edits that still wait for typing to rest. */
  flushEdits(): void {
    for (const cell of [...this.edits.keys()]) this.flushEdit(cell);
  }

  /** Sends the whole document along, if it is another one than last time. */
  snapshot(): void {
    const { model, outbox } = this.parts;
    if (this.closed || model.version === this.snapshotVersion) return;
    this.snapshotVersion = model.version;
    outbox.requestSnapshot();
  }

  /** Nothing is recorded any more: the study is finished, or another page has taken over. */
  close(): void {
    this.closed = true;
    for (const { timer } of this.edits.values()) clearTimeout(timer);
    this.edits.clear();
  }

  private flushEdit(cell: string): void {
    const edit = this.edits.get(cell);
    if (!edit) return;
    clearTimeout(edit.timer);
    this.edits.delete(cell);
    this.record('edit', { steps: edit.steps }, cell);
  }
}

/** Milliseconds since the page was opened, to a tenth. */
function now(): number {
  return Math.round(performance.now() * 10) / 10;
}
