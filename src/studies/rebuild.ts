/** A notebook as its recorded events made it. Pure: the server resumes from it, the page adds what is not acknowledged yet, replays walk through it. */
import { ChangeSet, Text } from '@codemirror/state';
import type { CodeCell, Document } from './document.js';

/** The part of a recorded event that changes the document. */
export interface RecordedStep {
  readonly type: string;
  readonly cell: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** An edit that does not fit the text that it claims to change: events are missing, or were changed. */
export class RebuildError extends Error {}

/** The text after the changes of an `edit` event; `steps` as the event has them. Offsets are UTF-16 units, lines end with \n. */
export function applyEdit(source: string, steps: unknown): string {
  if (!Array.isArray(steps)) throw new RebuildError('an edit without steps');
  let text = Text.of(linesOf(source));
  for (const step of steps as { changes?: unknown }[]) {
    try {
      text = ChangeSet.fromJSON(step.changes).apply(text);
    } catch (error) {
      throw new RebuildError(`a change does not fit a text of ${text.length} units`, { cause: error });
    }
  }
  return text.toString();
}

/** Where the cursor is after the changes of an `edit` event: behind the last of them. */
export function cursorAfter(steps: unknown): number | undefined {
  const last: unknown = Array.isArray(steps) ? (steps.at(-1) as { changes?: unknown } | undefined)?.changes : undefined;
  let end: number | undefined;
  try {
    ChangeSet.fromJSON(last).iterChangedRanges((_fromA, _toA, _fromB, toB) => {
      end = toB;
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return end;
}

/** Line ends as the editor counts them. */
export function linesOf(source: string): string[] {
  return source.split(/\r\n?|\n/);
}

/** The document after these events; the one that is given stays as it is. */
export function rebuild(document: Document, events: Iterable<RecordedStep>): Document {
  const copy = structuredClone(document);
  const cells = new Map<string, CodeCell>();
  for (const cell of copy.tasks.flatMap((task) => task.cells)) if (cell.type === 'code') cells.set(cell.id, cell);
  for (const event of events) {
    const cell = event.cell === null ? undefined : cells.get(event.cell);
    if (cell !== undefined) applyStep(cell, event);
  }
  return copy;
}

function applyStep(cell: CodeCell, { type, data }: RecordedStep): void {
  if (type === 'edit') cell.source = applyEdit(cell.source, data['steps']);
  if (type === 'run') {
    cell.outputs = [];
    cell.executionCount = null;
  }
  if (type === 'output' && Array.isArray(data['outputs'])) {
    cell.outputs = data['outputs'] as CodeCell['outputs'];
    cell.executionCount = typeof data['executionCount'] === 'number' ? data['executionCount'] : null;
  }
}
