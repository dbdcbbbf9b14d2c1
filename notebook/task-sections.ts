/** The tasks on the page: the current one and those before it. */
import { CodeCellView, markdownView, type CellActions } from './cell-view.js';
import type { Task } from './document.js';
import { element } from './dom.js';
import type { CodeHelp } from './editor-help.js';
import type { Flow } from './flow.js';
import type { Messages } from './messages.js';

export interface TaskSectionsParts {
  readonly root: HTMLElement;
  readonly tasks: readonly Task[];
  readonly flow: Flow;
  readonly texts: Messages;
  readonly nonce: string;
  readonly help: CodeHelp | null;
  readonly actions: CellActions;
}

export class TaskSections {
  private readonly views = new Map<string, CodeCellView>();
  private readonly sections: HTMLElement[] = [];

  constructor(private readonly parts: TaskSectionsParts) {}

  cell(id: string): CodeCellView {
    const view = this.views.get(id);
    if (!view) throw new Error(`the cell ${id} is not on the page`);
    return view;
  }

  /** Brings the page to the task where the participant is. */
  show(): void {
    const { tasks, flow } = this.parts;
    for (let index = this.sections.length; index <= flow.index; index++) this.add(tasks[index]!);
    for (const [index, section] of this.sections.entries()) {
      section.classList.toggle('current', index === flow.index);
      if (flow.isLocked(index)) this.lock(index, section);
    }
  }

  /** The keyboard and the eye go to the current task. */
  goToCurrent(): void {
    const section = this.sections[this.parts.flow.index];
    const motion = matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth';
    section?.focus({ preventScroll: true });
    section?.scrollIntoView({ behavior: motion });
  }

  /** Where the participant was when the page was left. */
  resumeAt(cursor: { readonly cell: string; readonly offset: number } | null): void {
    const section = this.sections[this.parts.flow.index];
    if (this.parts.flow.index > 0) section?.scrollIntoView();
    if (cursor && this.views.has(cursor.cell)) this.cell(cursor.cell).placeCursor(cursor.offset);
  }

  /** There is code on the page that may be run. */
  get hasCode(): boolean {
    const { tasks, flow } = this.parts;
    return tasks.some(
      (task, index) =>
        flow.isVisible(index) &&
        !flow.isLocked(index) &&
        task.cells.some((cell) => cell.type === 'code' && cell.runnable),
    );
  }

  private add(task: Task): void {
    const { root, texts, nonce, help, actions } = this.parts;
    const section = element('section', { class: `task ${task.kind}`, 'aria-label': task.title, tabindex: '-1' });
    section.dataset.task = task.id;
    for (const cell of task.cells) {
      if (cell.type === 'markdown') {
        section.append(markdownView(cell));
      } else {
        const view = new CodeCellView(cell, this.views.size + 1, texts, nonce, help, actions);
        this.views.set(cell.id, view);
        section.append(view.root);
      }
    }
    this.sections.push(section);
    root.append(section);
  }

  private lock(index: number, section: HTMLElement): void {
    if (section.classList.contains('locked')) return;
    section.classList.add('locked');
    section.prepend(element('p', { class: 'locked-note', 'data-test': 'locked' }, this.parts.texts.locked));
    for (const cell of this.parts.tasks[index]!.cells) if (cell.type === 'code') this.cell(cell.id).lock();
  }
}
