/** What of a record is worth going to: task changes, runs, pastes, losses (free of the DOM). */
import type { Document } from '../src/studies/document.js';
import type { Moment } from './replay-timeline.js';

export interface Mark {
  readonly kind: 'task' | 'run' | 'paste' | 'lost';
  /** Index of the moment. */
  readonly moment: number;
  readonly text: string;
}

const moves = ['start', 'next', 'skip', 'time-up'];

/** The task that a task change leads to. */
export function targetOf({ event: { type, data } }: Moment): number | null {
  return moves.includes(type) && typeof data['to'] === 'number' ? data['to'] : null;
}

export function marksOf(moments: readonly Moment[], { tasks }: Document): Mark[] {
  const codeCells = tasks.flatMap(({ cells }) => cells.filter(({ type }) => type === 'code').map(({ id }) => id));
  const cellText = (cell: string | null): string => (cell === null ? '' : ` in cell ${codeCells.indexOf(cell) + 1}`);
  const marks: Mark[] = [];
  moments.forEach((moment, index) => {
    const { type, cell, data } = moment.event;
    const add = (kind: Mark['kind'], text: string): void => void marks.push({ kind, moment: index, text });
    const target = targetOf(moment);
    if (target !== null) add('task', `${wayText[type] ?? type}: ${tasks[target]?.title ?? `task ${target}`}`);
    if (type === 'finish') add('task', 'Finished');
    if (type === 'run') add('run', `Run${cellText(cell)}`);
    if (type === 'paste') add('paste', `Pasted ${Number(data['characters'] ?? 0)} characters${cellText(cell)}`);
    if (type === 'lost') add('lost', `${Number(data['count'] ?? 0)} events are lost here`);
  });
  return marks;
}

const wayText: Readonly<Record<string, string>> = {
  start: 'Began',
  next: 'Solved, went on to',
  skip: 'Skipped, went on to',
  'time-up': 'Time was up, went on to',
};
