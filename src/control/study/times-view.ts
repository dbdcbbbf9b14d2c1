import type { Figures } from './figures.js';
import { namedTasks } from './named-tasks.js';
import type { Quartiles, TaskTimes } from './task-times.js';

export interface TimesOfTask {
  readonly id: string;
  readonly name: string;
  /** One a condition, then one of all together; `times` null where nobody left the task. */
  readonly rows: readonly { readonly condition: number | null; readonly times: TaskTimes | null }[];
}

/** The tasks in which something is to be solved; not the introduction and the end. */
export function timesByTask({ tasks, times }: Figures): TimesOfTask[] {
  return namedTasks(tasks)
    .filter(({ kind }) => kind === 'task')
    .map(({ id, name }) => ({
      ...{ id, name },
      rows: [...tasks.keys(), null].map((condition) => ({
        condition,
        times: times.find((one) => one.task === id && one.condition === condition) ?? null,
      })),
    }));
}

/** Such as "7.9" and "48". */
export const minutes = (seconds: number): string => {
  const value = seconds / 60;
  return value < 9.95 ? value.toFixed(1) : Math.round(value).toLocaleString('en');
};

export const quartiles = ([low, median, high]: Quartiles): string =>
  `${minutes(median)} (${minutes(low)}–${minutes(high)})`;
