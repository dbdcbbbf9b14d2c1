/** How a study says in which order its tasks come. */
import { z } from 'zod';
import { idSchema, MAX_TASKS } from '../document.js';
import { factorial, MAX_FULL, MAX_ORIGINAL } from './squares.js';

export const MAX_RANDOM_ROWS = 1_000;

const tasks = z.array(idSchema).min(1).max(MAX_TASKS).describe('Ids of tasks.');

const fixedSchema = z.strictObject({ kind: z.literal('fixed').describe('The tasks as they are listed.'), tasks });

const latinSchema = z
  .strictObject({
    kind: z.literal('latin').describe('A Latin square: as many orders as tasks, each task at each place once.'),
    tasks,
    square: z
      .enum(['cyclic', 'original'])
      .default('cyclic')
      .describe("`original`: the squares that the original Developer Observatory had; they differ for 4 and 5 tasks."),
  })
  .refine(({ square, tasks: { length } }) => square === 'cyclic' || length <= MAX_ORIGINAL, {
    error: ({ input }) =>
      `the original has squares of up to ${MAX_ORIGINAL} tasks, not of ${(input as { tasks: unknown[] }).tasks.length}: ` +
      'it left out the others. Take `square: cyclic`, or `kind: balanced`',
  });

const balancedSchema = z.strictObject({
  kind: z.literal('balanced').describe('A balanced Latin square (Williams): each task after each other equally often.'),
  tasks,
});

const fullSchema = z.strictObject({
  kind: z.literal('full').describe(`All orders, of at most ${MAX_FULL} tasks.`),
  tasks: tasks.max(MAX_FULL),
});

const randomSchema = z
  .strictObject({
    kind: z.literal('random').describe('Orders drawn at random, always the same ones for a seed.'),
    tasks,
    rows: z.int().min(1).max(MAX_RANDOM_ROWS).describe('So many different orders are drawn.'),
    seed: z
      .union([z.string().max(100), z.number()])
      .default('')
      .transform(String)
      .describe('Another one gives other orders.'),
  })
  .refine(({ rows, tasks: { length } }) => length > MAX_FULL || rows <= factorial(length), {
    error: 'so many different orders of these tasks there are not; `kind: full` has each of them once',
  });

const blockSchemas = [fixedSchema, latinSchema, balancedSchema, fullSchema, randomSchema] as const;
const blockSchema = z.discriminatedUnion('kind', blockSchemas, {
  error: 'expected a block: `kind` (fixed, latin, balanced, full or random) and `tasks`',
});

const nestedSchema = z.strictObject({
  kind: z.literal('nested').describe('Blocks of tasks: each stays together, and has an order within.'),
  among: z.enum(['fixed', 'latin', 'balanced', 'full']).describe('In which orders the blocks come.'),
  blocks: z.array(blockSchema).min(2).max(MAX_TASKS),
});

const EXPECTED = 'expected a task, or an ordering: `kind` (fixed, latin, balanced, full, random or nested) and `tasks`';

const orderingSchema = z.union(
  [
    idSchema.transform((task): Block => ({ kind: 'fixed', tasks: [task] })),
    z.discriminatedUnion('kind', [...blockSchemas, nestedSchema], { error: EXPECTED }),
  ],
  { error: EXPECTED },
);

/** The parts of the notebook, one after the other; empty: the tasks come as they are listed. */
export const orderingsSchema = z.array(orderingSchema).max(MAX_TASKS).default([]);

export type Block = z.infer<typeof blockSchema>;
export type Nested = z.infer<typeof nestedSchema>;
export type Ordering = Block | Nested;

export const blocksOf = (ordering: Ordering): readonly Block[] =>
  ordering.kind === 'nested' ? ordering.blocks : [ordering];
