/** The notebook as it is shown at a moment of the replay. */
import type { Document } from '../src/studies/document.js';
import { markdownView } from './cell-view.js';
import { element } from './dom.js';
import { messagesFor } from './messages.js';
import { ReplayCell } from './replay-cell.js';
import { targetOf } from './replay-marks.js';
import type { Moment, Timeline } from './replay-timeline.js';

/** Of a sorted list, how many are below `end`. */
export function countBelow(sorted: readonly number[], end: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < end) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Milliseconds. */
const SETTLED = 200;

export class ReplayView {
  private readonly cells = new Map<string, ReplayCell>();
  private readonly sections: HTMLElement[] = [];
  /** Moments at which a cell's outputs change. */
  private readonly outputChanges = new Map<string, number[]>();
  private readonly moves: { readonly moment: number; readonly task: number }[] = [];

  constructor(
    private readonly root: HTMLElement,
    private readonly timeline: Timeline,
    { tasks }: Document,
    language: string,
    nonce: string,
  ) {
    const texts = messagesFor(language);
    for (const task of tasks) {
      const section = element('section', { class: `task ${task.kind}`, 'aria-label': task.title, lang: language });
      section.dataset.task = task.id;
      section.append(element('h2', { lang: 'en' }, task.title));
      for (const cell of task.cells) {
        if (cell.type === 'markdown') {
          section.append(markdownView(cell));
          continue;
        }
        const view = new ReplayCell(cell, this.cells.size + 1, texts, nonce);
        this.cells.set(cell.id, view);
        section.append(view.root);
      }
      this.sections.push(section);
    }
    root.append(...this.sections);
    timeline.moments.forEach((moment, index) => {
      this.note(moment, index);
    });
  }

  private note(moment: Moment, index: number): void {
    const { type, cell } = moment.event;
    const task = targetOf(moment);
    if (task !== null) this.moves.push({ moment: index, task });
    if (cell === null || (type !== 'run' && type !== 'output')) return;
    const changes = this.outputChanges.get(cell) ?? [];
    changes.push(index);
    this.outputChanges.set(cell, changes);
  }

  /** After the first `end` moments. */
  show(end: number): void {
    const { document, notRebuilt } = this.timeline.shown(end);
    const last = this.timeline.moments[end - 1]?.event;
    const active = last?.cell ?? null;
    for (const cell of document.tasks.flatMap(({ cells }) => cells)) {
      if (cell.type !== 'code') continue;
      const view = this.cells.get(cell.id)!;
      const version = countBelow(this.outputChanges.get(cell.id) ?? [], end);
      view.show(cell, version, cell.id === active, notRebuilt.includes(cell.id));
      view.root.classList.toggle('active', cell.id === active);
    }
    const task =
      this.moves[
        countBelow(
          this.moves.map(({ moment }) => moment),
          end,
        ) - 1
      ]?.task ?? 0;
    this.sections.forEach((section, index) => {
      section.hidden = index > task;
      section.classList.toggle('current', index === task);
    });
    // Where nothing is seen nothing can be told: which event this is the controls say, and tests read.
    this.root.dataset.end = String(end);
    this.root.dataset.seq = String(last?.seq ?? 0);
    this.root.dataset.step = String(this.timeline.moments[end - 1]?.step ?? 0);
  }

  /** Brings what changes into sight. */
  follow(end: number): void {
    const event = this.timeline.moments[end - 1]?.event;
    const cell = event?.cell == null ? undefined : this.cells.get(event.cell)?.root;
    const within = cell?.querySelector(event?.type === 'output' ? '.output' : '.cm-changed');
    const place = within ?? cell ?? this.root.querySelector('.task.current');
    const scroll = (): void => {
      if (this.root.dataset.end === String(end)) place?.scrollIntoView({ block: 'nearest' });
    };
    scroll();
    // Editors that come into sight find out how high they are: then once more.
    setTimeout(scroll, SETTLED);
  }
}
