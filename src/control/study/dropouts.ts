import type { Figures } from './figures.js';
import { type Funnel, type FunnelStep, leftAt } from './funnel.js';
import { namedTasks } from './named-tasks.js';

export interface Share {
  /** How many came so far. */
  readonly reached: number;
  /** Those of them who left there. */
  readonly left: number;
}

export interface DropoutRow extends Share {
  readonly name: string;
  /** By the condition's number; null for a step at which nobody has one yet. */
  readonly byCondition: ReadonlyMap<number, Share> | null;
  /** Part of the step `working`, of all who reached that. */
  readonly task: string | null;
}

/** Who left at which step and in which condition; nobody leaves after the finish. */
export function dropoutRows({ steps, byCondition }: Funnel): DropoutRow[] {
  const share = (step: FunnelStep): Share => ({ reached: step.reached, left: leftAt(step) });
  return steps.slice(0, -1).map((step, place) => {
    const isBefore = step.step === 'arrived' || step.step === 'consented';
    const each = [...byCondition].map(([number, own]) => [number, share(own[place]!)] as const);
    return { name: step.step, ...share(step), byCondition: isBefore ? null : new Map(each), task: null };
  });
}

/** At which task those were who left while they worked: tasks at which nobody left are not there. */
export function taskDropoutRows({ steps, byCondition }: Funnel, { tasks, stops }: Figures): DropoutRow[] {
  const working = (of: readonly FunnelStep[]): number => of.find(({ step }) => step === 'working')?.reached ?? 0;
  return namedTasks(tasks).flatMap(({ id, name }) => {
    const here = stops.filter(({ task }) => task === id);
    if (here.length === 0) return [];
    const leftBy = (which: (condition: number) => boolean): number =>
      here.reduce((sum, { condition, participants }) => sum + (which(condition) ? participants : 0), 0);
    const each = [...byCondition].map(
      ([number, own]) => [number, { reached: working(own), left: leftBy((one) => one === number) }] as const,
    );
    const all = { reached: working(steps), left: leftBy(() => true) };
    return { name: `working: ${name}`, ...all, byCondition: new Map(each), task: id };
  });
}
