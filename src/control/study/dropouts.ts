import { type Funnel, type FunnelStep, leftAt } from './funnel.js';

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
}

/** Who left at which step and in which condition; nobody leaves after the finish. */
export function dropoutRows({ steps, byCondition }: Funnel): DropoutRow[] {
  const share = (step: FunnelStep): Share => ({ reached: step.reached, left: leftAt(step) });
  return steps.slice(0, -1).map((step, place) => {
    const isBefore = step.step === 'arrived' || step.step === 'consented';
    const each = [...byCondition].map(([number, own]) => [number, share(own[place]!)] as const);
    return { name: step.step, ...share(step), byCondition: isBefore ? null : new Map(each) };
  });
}
