/** Where the participant is among the tasks, and what they can do there (free of the DOM). */
import type { Task } from './document.js';

export type FlowAction = 'start' | 'next' | 'skip' | 'finish';

export class Flow {
  private position: number;

  constructor(
    private readonly tasks: readonly Task[],
    position: number,
    private readonly earlierTasks: 'open' | 'locked' = 'open',
  ) {
    if (tasks.length === 0) throw new Error('a notebook needs at least one task');
    this.position = Math.min(Math.max(0, Math.trunc(position)), tasks.length - 1);
  }

  get index(): number {
    return this.position;
  }

  get current(): Task {
    return this.tasks[this.position]!;
  }

  get isLast(): boolean {
    return this.position === this.tasks.length - 1;
  }

  /** Which of the counted tasks is shown: the introduction and the closing page do not count. */
  get progress(): { task: number; total: number } {
    const isCounted = (task: Task): boolean => task.kind === 'task';
    const reached = this.tasks.slice(0, this.position + 1).filter(isCounted).length;
    return { task: reached, total: this.tasks.filter(isCounted).length };
  }

  get actions(): readonly FlowAction[] {
    if (this.current.kind === 'introduction' && !this.isLast) return ['start'];
    if (!this.isLast) return ['skip', 'next'];
    // Without a closing page the last task can still be left unsolved.
    return this.current.kind === 'task' ? ['skip', 'finish'] : ['finish'];
  }

  /** Earlier tasks stay visible, later ones are hidden. */
  isVisible(index: number): boolean {
    return index <= this.position;
  }

  /** Can be read, but neither changed nor run. A time limit would be none if one could come back. */
  isLocked(index: number): boolean {
    if (index >= this.position) return false;
    return this.earlierTasks === 'locked' || this.tasks[index]?.minutes !== undefined;
  }

  advance(): Task {
    if (!this.isLast) this.position++;
    return this.current;
  }
}
