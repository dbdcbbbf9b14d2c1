/** People who never were: what they would have left in the record. The same numbers give the same people. */
import type { Document } from '../src/studies/document.js';

export interface MadeUpEvent {
  readonly seq: number;
  readonly type: string;
  readonly at: Date;
  readonly clock: number;
  readonly task: string | null;
  readonly cell: string | null;
  readonly focusSeconds: number;
  readonly data: object;
}

export interface MadeUpWork {
  readonly events: readonly MadeUpEvent[];
  readonly snapshots: readonly { readonly seq: number; readonly document: Document; readonly at: Date }[];
}

export type MadeUpState = 'arrived' | 'consented' | 'working' | 'abandoned' | 'withdrawn' | 'finished';

/** What becomes of the nth: of each hundred 70 finish, and of the others some leave at every step. */
export function stateOf(nth: number): MadeUpState {
  const place = (nth * 37) % 100;
  if (place < 8) return 'arrived';
  if (place < 12) return 'consented';
  if (place < 14) return 'working';
  if (place < 27) return 'abandoned';
  return place < 30 ? 'withdrawn' : 'finished';
}

export const hasWorked = (nth: number): boolean => !['arrived', 'consented'].includes(stateOf(nth));

/** Each run comes after some edits, which type short lines below what is there. */
const EDITS_A_RUN = 8;
const LINE = 'x = 1\n';

/** About so many events of one person over all tasks; who does not finish leaves within one of them. */
export function workOf(nth: number, notebook: Document, count: number, start: Date): MadeUpWork {
  return new Work(nth, notebook, start).through(count);
}

class Work {
  private readonly events: MadeUpEvent[] = [];
  private readonly snapshots: { seq: number; document: Document; at: Date }[] = [];
  private readonly document: Document;
  private clock = 0;

  constructor(
    private readonly nth: number,
    notebook: Document,
    private readonly start: Date,
  ) {
    this.document = structuredClone(notebook);
  }

  through(count: number): MadeUpWork {
    const { tasks } = this.document;
    const isFinisher = stateOf(this.nth) === 'finished';
    const stopsAt = isFinisher ? tasks.length : this.nth % tasks.length;
    this.happens('open', null, null, { width: 1280, height: 900, language: 'en', resumed: false });
    this.keep();
    const solved = tasks.filter(({ kind }) => kind === 'task').length;
    for (const [index, task] of tasks.entries()) {
      if (task.kind === 'task') this.work(index, Math.floor((count - tasks.length - 1) / solved));
      if (index === stopsAt) break;
      const [to, left] = [{ to: Math.min(index + 1, tasks.length - 1) }, (this.nth + index) % 5 === 0];
      if (index < tasks.length - 1) this.happens(index === 0 ? 'start' : left ? 'skip' : 'next', task.id, null, to);
      else this.happens('finish', task.id, null, {});
      this.keep();
    }
    return { events: this.events, snapshots: this.snapshots };
  }

  private work(index: number, count: number): void {
    const task = this.document.tasks[index]!;
    const cell = task.cells.find(({ type }) => type === 'code')!;
    if (cell.type !== 'code') return;
    for (let n = 0; n < count; n += 1) {
      const turn = n % (EDITS_A_RUN + 3);
      if (turn < EDITS_A_RUN) this.type(task.id, cell);
      else if (turn === EDITS_A_RUN) this.happens('paste', task.id, cell.id, { characters: 6, text: LINE, own: false });
      else if (turn === EDITS_A_RUN + 1) this.happens('run', task.id, cell.id, { source: cell.source });
      else {
        cell.outputs = [{ output_type: 'stream', name: 'stdout', text: `run ${n}, é 🙂\n` }];
        cell.executionCount = n;
        const more = { executionCount: n, status: 'ok', cut: 0, milliseconds: 20 };
        this.happens('output', task.id, cell.id, { outputs: cell.outputs, ...more });
      }
    }
  }

  /** A line a second, in three steps; now and then the whole text is taken back, so that it does not grow for ever. */
  private type(task: string, cell: { id: string; source: string }): void {
    const { length } = cell.source;
    const isFull = length > 2_000;
    const steps = isFull
      ? [{ clock: this.clock, changes: [[length, LINE.trim(), '']], by: 'input.paste' }]
      : [0, 2, 4].map((at) => {
          const [first, ...rest] = LINE.slice(at, at + 2).split('\n');
          return { clock: this.clock + at * 100, changes: [length + at, [0, first, ...rest]], by: 'input.type' };
        });
    cell.source = isFull ? LINE : cell.source + LINE;
    this.happens('edit', task, cell.id, { steps });
  }

  private happens(type: string, task: string | null, cell: string | null, data: object): void {
    this.clock += Math.round(this.pace * (900 + ((this.nth * 7919 + this.events.length * 104_729) % 6_000)));
    this.events.push({
      seq: this.events.length + 1,
      ...{ type, task, cell, data, clock: this.clock, at: this.now },
      focusSeconds: Math.round(this.clock / 125) / 10,
    });
  }

  private keep(): void {
    this.snapshots.push({ seq: this.events.length, document: structuredClone(this.document), at: this.now });
  }

  /** Some are quick and some slow, and with one library somewhat slower. */
  private get pace(): number {
    return 0.4 + ((this.nth * 61) % 100) / 60 + (this.nth % 4 < 2 ? 0 : 0.3);
  }

  private get now(): Date {
    return new Date(this.start.getTime() + this.clock);
  }
}
