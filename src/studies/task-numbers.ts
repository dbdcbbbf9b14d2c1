import type { Document, Task } from './document.js';

/**
 * The original's `tasknum` of each task, as its Docker version counted: 0 the introduction, then the tasks as this participant
 * has them, then the closing page.
 */
export function taskNumbers({ tasks }: Document): ReadonlyMap<string, number> {
  const counted = tasks.filter(({ kind }) => kind === 'task');
  const number = (task: Task): number => {
    if (task.kind === 'task') return counted.indexOf(task) + 1;
    return task.kind === 'introduction' ? 0 : counted.length + 1;
  };
  return new Map(tasks.map((task) => [task.id, number(task)]));
}
