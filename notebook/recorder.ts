/** Turns what happens on the page into numbered events, each with the page's copy of the document beside it (free of the DOM). */
import type { DocumentModel } from './document-model.js';
import type { Flow } from './flow.js';
import type { FocusClock } from './focus-clock.js';
import type { Outbox } from './outbox.js';
import type { OutboxStore } from './outbox-store.js';
import type { EventType } from './protocol.js';

/** An edit is recorded when typing rests this long, milliseconds. */
const EDIT_REST = 400;

export interface RecorderParts {
  readonly model: DocumentModel;
  readonly flow: Flow;
  readonly outbox: Outbox;
  readonly store: OutboxStore;
  readonly clock: FocusClock;
  readonly page: string;
}

export class Recorder {
  private readonly edits = new Map<string, ReturnType<typeof setTimeout>>();
  private snapshotVersion: number;
  private closed = false;

  constructor(private readonly parts: RecorderParts) {
    this.snapshotVersion = parts.model.version;
  }

  record(type: EventType, data: Record<string, unknown> = {}, cell: string | null = null): void {
    if (this.closed) return;
    const { model, flow, outbox, store, clock, page } = this.parts;
    outbox.record({
      type,
      at: new Date().toISOString(),
      page,
      task: (cell === null ? null : model.taskOf(cell)) ?? flow.current.id,
      cell,
      focusSeconds: clock.seconds,
      data,
    });
    store.saveCopy({ seq: outbox.lastSeq, task: flow.index, document: model.document });
  }

  /** The text of a cell has changed. */
  edited(cell: string): void {
    clearTimeout(this.edits.get(cell));
    const timer = setTimeout(() => {
      this.flushEdit(cell);
    }, EDIT_REST);
    this.edits.set(cell, timer);
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
    for (const timer of this.edits.values()) clearTimeout(timer);
    this.edits.clear();
  }

  private flushEdit(cell: string): void {
    clearTimeout(this.edits.get(cell));
    this.edits.delete(cell);
    this.record('edit', { source: this.parts.model.cell(cell).source }, cell);
  }
}
