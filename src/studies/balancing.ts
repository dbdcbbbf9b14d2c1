/** How a study spreads its participants over the conditions. */
import { z } from 'zod';
import type { DefinitionProblem } from './definition-problem.js';
import { recruitmentNames } from './recruitment.js';

export const strategies = ['least', 'two-stage', 'weighted', 'rare-common', 'blocks'] as const;

/** Conditions are named as `study add` shows them: their levels' labels, with commas. */
const byCondition = <T extends z.ZodType>(value: T) => z.record(z.string(), value);

export const balancingSchema = z
  .strictObject({
    strategy: z.enum(strategies).default('least').describe('How the next condition is chosen.'),
    weights: byCondition(z.number().positive().max(1_000))
      .optional()
      .describe('With `weighted`, by condition: how many for each of the others; 1 where nothing is said.'),
    rare: z
      .array(z.string())
      .min(1)
      .optional()
      .describe('With `rare-common`: the conditions of which every nth participant takes the next.'),
    every: z.int().min(2).max(1_000).optional().describe('With `rare-common`: that n.'),
    repeats: z.int().min(1).max(20).optional().describe('With `blocks`: how often each condition stands in a block.'),
    quotas: byCondition(z.int().positive())
      .default({})
      .describe('At most so many participants by condition, completed and in flight; with any strategy.'),
    stratify: z
      .enum(['origin', ...recruitmentNames])
      .optional()
      .describe('Balanced within each value of this parameter of the link.'),
  })
  .superRefine((balancing, context) => {
    const belongs = { weights: 'weighted', rare: 'rare-common', every: 'rare-common', repeats: 'blocks' } as const;
    for (const [field, strategy] of Object.entries(belongs) as [keyof typeof belongs, string][]) {
      if (balancing[field] === undefined || balancing.strategy === strategy) continue;
      context.addIssue({ code: 'custom', path: [field], message: `belongs to \`strategy: ${strategy}\`` });
    }
    for (const [strategy, field] of [['weighted', 'weights'], ['rare-common', 'rare']] as const) {
      if (balancing.strategy !== strategy || balancing[field] !== undefined) continue;
      context.addIssue({ code: 'custom', path: [field], message: `\`strategy: ${strategy}\` needs it` });
    }
  });

export type Balancing = z.infer<typeof balancingSchema>;

/** Conditions that there are not, and lists that leave nothing. */
export function balancingProblems(balancing: Balancing, names: readonly string[]): DefinitionProblem[] {
  const { weights = {}, quotas, rare = [] } = balancing;
  const known = new Set(names);
  const problem = (path: DefinitionProblem['path'], message: string) => ({ path: ['balancing', ...path], message });
  const unknown = (name: string) => `there is no condition "${name}"; there are: ${names.slice(0, 20).join(' | ')}`;
  return [
    ...Object.entries({ weights, quotas }).flatMap(([field, values]) =>
      Object.keys(values)
        .filter((name) => !known.has(name))
        .map((name) => problem([field, name], unknown(name))),
    ),
    ...rare.flatMap((name, index) => (known.has(name) ? [] : [problem(['rare', index], unknown(name))])),
    ...(names.length > 0 && names.every((name) => rare.includes(name))
      ? [problem(['rare'], 'no condition is left for the others')]
      : []),
  ];
}
