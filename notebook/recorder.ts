/** Turns what happens on the page into numbered events, as far as the study records it (free of the DOM). */
import type { ChangeSet } from '@codemirror/state';
import { type EditStep, together } from '../src/studies/edit-steps.js';
import { isRecorded, type RecordChoice } from '../src/studies/recording.js';
import type { DocumentModel } from './document-model.js';
import type { Flow } from './flow.js';
import type { FocusClock } from './focus-clock.js';
import type { Outbox } from './outbox.js';
import type { EventData, EventType } from './protocol.js';

/** An edit is recorded this long after its first change, milliseconds. */
const EDIT_TIME = 1000;

export interface RecorderParts {
  readonly model: DocumentModel;
  readonly flow: Flow;
  readonly outbox: Outbox;
  readonly clock: FocusClock;
  readonly choice: RecordChoice;
  readonly page: string;
}

/** Where on the page something happened. */
export interface Place {
  readonly cell: string | null;
  readonly task: string | null;
}

export class Recorder {
  private readonly edits = new Map<string, { changes: EditStep[]; timer: ReturnType<typeof setTimeout> }>();
  private snapshotVersion: number;
  private closed = false;

  constructor(private readonly parts: RecorderParts) {
    this.snapshotVersion = parts.model.version;
  }

  record<Type extends EventType>(type: Type, data: EventData[Type], cell: string | null = null): void {
    this.recordAt({ cell, task: cell === null ? null : this.parts.model.taskOf(cell) }, type, data);
  }

  /** Without a task it is the current one's. */
  recordAt<Type extends EventType>(place: Place, type: Type, data: EventData[Type]): void {
    const { flow, outbox, clock, choice, page } = this.parts;
    if (this.closed || !isRecorded(type, choice)) return;
    outbox.record({
      type,
      at: new Date().toISOString(),
      clock: now(),
      page,
      task: place.task ?? flow.current.id,
      cell: place.cell,
      focusSeconds: choice.focus ? clock.seconds : 0,
      data,
    });
  }

  /** The text of a cell has changed. */
  edited(cell: string, changes: ChangeSet, by: string): void {
    if (this.closed) return;
    const change = { clock: now(), changes, by };
    const waiting = this.edits.get(cell);
    if (waiting) {
      waiting.changes.push(change);
      return;
    }
    const timer = setTimeout(() => {
      this.flushEdit(cell);
    }, EDIT_TIME);
    this.edits.set(cell, { changes: [change], timer });
    this.parts.outbox.expect(true);
  }

  /** Records changes that still wait for more to come. */
  flushEdits(): void {
    for (const cell of [...this.edits.keys()]) this.flushEdit(cell);
  }

  /** Sends the whole document along. */
  snapshot(): void {
    const { model, outbox } = this.parts;
    if (this.closed) return;
    this.flushEdits();
    this.snapshotVersion = model.version;
    outbox.requestSnapshot();
  }

  /** The same, if the document is another one than last time. */
  snapshotIfChanged(): void {
    if (this.parts.model.version !== this.snapshotVersion) this.snapshot();
  }

  /** Nothing is recorded any more: the study is finished, or another page has taken over. */
  close(): void {
    this.flushEdits();
    this.closed = true;
  }

  private flushEdit(cell: string): void {
    const edit = this.edits.get(cell);
    if (!edit) return;
    clearTimeout(edit.timer);
    this.edits.delete(cell);
    const changes = this.parts.choice.keystrokes ? edit.changes : [together(edit.changes)];
    const steps = changes.map(({ changes, ...step }) => ({ ...step, changes: stepOf(changes) }));
    this.record('edit', { steps }, cell);
    this.parts.outbox.expect(this.edits.size > 0);
  }
}

function stepOf(changes: ChangeSet): EventData['edit']['steps'][number]['changes'] {
  return changes.toJSON() as EventData['edit']['steps'][number]['changes'];
}

/** Milliseconds since the page was opened, to a tenth. */
function now(): number {
  return Math.round(performance.now() * 10) / 10;
}
