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

/** The document after these events, with line ends as in the editor; the one that is given stays as it is. */
export function rebuild(document: Document, events: Iterable<RecordedStep>): Document {
  return rebuildWith(document, events, (_cell, error) => {
    throw error;
  });
}

/**
 * As `rebuild`, for a record with holes: a cell whose edits do not fit stays as it was, until its next run, which has its whole
 * text. Says which cells stand otherwise than they were typed; all others are exact. `brokenBefore` are those of which an earlier part
 * of the record said so.
 */
export function rebuildAsFarAsPossible(
  document: Document,
  events: Iterable<RecordedStep>,
  brokenBefore: Iterable<string> = [],
): { readonly document: Document; readonly notRebuilt: readonly string[] } {
  const broken = new Set(brokenBefore);
  const isUsable = ({ type, cell }: RecordedStep): boolean => {
    if (type === 'run') broken.delete(cell ?? '');
    return type !== 'edit' || !broken.has(cell ?? '');
  };
  const usable = (function* () {
    for (const event of events) if (isUsable(event)) yield event;
  })();
  const rebuilt = rebuildWith(document, usable, (cell) => broken.add(cell));
  return { document: rebuilt, notRebuilt: [...broken] };
}

function rebuildWith(
  document: Document,
  events: Iterable<RecordedStep>,
  misfit: (cell: string, error: RebuildError) => void,
): Document {
  const copy = structuredClone(document);
  const cells = new Map<string, CodeCell>();
  for (const cell of copy.tasks.flatMap((task) => task.cells)) {
    if (cell.type !== 'code') continue;
    cell.source = linesOf(cell.source).join('\n');
    cells.set(cell.id, cell);
  }
  for (const event of events) {
    const cell = event.cell === null ? undefined : cells.get(event.cell);
    if (cell === undefined) continue;
    try {
      applyStep(cell, event);
    } catch (error) {
      if (!(error instanceof RebuildError)) throw error;
      misfit(cell.id, error);
    }
  }
  return copy;
}

function applyStep(cell: CodeCell, { type, data }: RecordedStep): void {
  if (type === 'edit') cell.source = applyEdit(cell.source, data['steps']);
  if (type === 'run') {
    if (typeof data['source'] === 'string') cell.source = data['source'];
    cell.outputs = [];
    cell.executionCount = null;
  }
  if (type === 'output' && Array.isArray(data['outputs'])) {
    cell.outputs = data['outputs'] as CodeCell['outputs'];
    cell.executionCount = typeof data['executionCount'] === 'number' ? data['executionCount'] : null;
  }
}
