/** Where a page goes on: the server's notebook, and on top of it what this browser kept and the server does not have yet (free of the DOM). */
import { cursorAfter, rebuildAsFarAsPossible } from '../src/studies/rebuild.js';
import type { NotebookDocument } from './document.js';
import type { EventKey } from './event-store.js';
import { sortKept, withoutGaps } from './numbering.js';
import type { NotebookConfiguration, NotebookEvent } from './protocol.js';

export interface Resumption {
  /** With the document and the state as they were when the last of `waiting` had been recorded. */
  readonly configuration: NotebookConfiguration;
  /** To be sent, numbered so that they follow what the server has. */
  readonly waiting: readonly NotebookEvent[];
  /** Kept here without need: the server has it, or it has another number now. */
  readonly outdated: readonly EventKey[];
  /** To be kept under their new numbers. */
  readonly renumbered: readonly NotebookEvent[];
}

export function resume(configuration: NotebookConfiguration, kept: readonly NotebookEvent[]): Resumption {
  const { state, document } = configuration;
  const sorted = sortKept(kept, state);
  const waiting = withoutGaps(sorted.waiting, state.acknowledged);
  const isRenumbered = waiting.length !== sorted.waiting.length;
  // Where events are gone a cell may stand otherwise than it was typed; the page's first snapshot says how it stands.
  const rebuilt = rebuildAsFarAsPossible(document, waiting).document as NotebookDocument;
  return {
    configuration: { ...configuration, document: rebuilt, state: stateAfter(configuration, waiting) },
    waiting,
    outdated: [...sorted.stored, ...(isRenumbered ? sorted.waiting : [])],
    renumbered: isRenumbered ? waiting : [],
  };
}

const MOVES: ReadonlySet<string> = new Set(['start', 'next', 'skip', 'time-up']);

function stateAfter(
  { document, state }: NotebookConfiguration,
  waiting: readonly NotebookEvent[],
): NotebookConfiguration['state'] {
  const isMove = ({ type, data }: NotebookEvent): boolean => MOVES.has(type) && typeof data['to'] === 'number';
  const move = waiting.findLast(isMove);
  const since = move === undefined ? waiting : waiting.slice(waiting.indexOf(move));
  const to = Number(move?.data['to'] ?? state.task);
  const task = Math.min(Math.max(to, 0), document.tasks.length - 1);
  const before = move === undefined ? state.taskSeconds : 0;
  return {
    ...state,
    task,
    taskSeconds: before + secondsOpen(since),
    cursor: cursorIn(document.tasks[task], since) ?? (move === undefined ? state.cursor : null),
  };
}

/** For how long pages were open between these events, by each page's own clock. */
function secondsOpen(events: readonly NotebookEvent[]): number {
  const pages = new Map<string, { first: number; last: number }>();
  for (const { page, clock } of events) {
    const known = pages.get(page);
    if (known) known.last = Math.max(known.last, clock);
    else pages.set(page, { first: clock, last: clock });
  }
  return [...pages.values()].reduce((sum, { first, last }) => sum + (last - first) / 1000, 0);
}

function cursorIn(
  task: NotebookDocument['tasks'][number] | undefined,
  events: readonly NotebookEvent[],
): NotebookConfiguration['state']['cursor'] {
  const isHere = (id: string | null): boolean => task?.cells.some((cell) => cell.id === id) ?? false;
  const edit = events.findLast(({ type, cell }) => type === 'edit' && isHere(cell));
  const offset = cursorAfter(edit?.data['steps']);
  return edit?.cell == null || offset === undefined ? null : { cell: edit.cell, offset };
}
