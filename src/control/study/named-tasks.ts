import type { Figures, Task } from './figures.js';

export interface NamedTask extends Task {
  /** Its title; where others have the same, with its id. */
  readonly name: string;
}

/** Each task once, in the order of the first condition. */
export function namedTasks(byCondition: Figures['tasks']): NamedTask[] {
  const first = new Map<string, Task>();
  for (const task of [...byCondition.values()].flat()) if (!first.has(task.id)) first.set(task.id, task);
  const tasks = [...first.values()];
  return tasks.map((task) => {
    const isAlone = tasks.filter(({ title }) => title === task.title).length === 1;
    return { ...task, name: isAlone ? task.title : `${task.title} (${task.id})` };
  });
}
