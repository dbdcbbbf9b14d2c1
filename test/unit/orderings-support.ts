/** Orderings for property tests: all kinds, over tasks that differ. */
import fc from 'fast-check';
import type { Block, Nested, Ordering } from '../../src/studies/orderings/ordering.js';
import { factorial, MAX_FULL, MAX_ORIGINAL } from '../../src/studies/orderings/squares.js';

export const names = (n: number, prefix = 't'): string[] =>
  Array.from({ length: n }, (_, index) => `${prefix}${index}`);

/** A block over `prefix0`, `prefix1`, …; few rows, so that several can be multiplied. */
function blockOf(prefix: string, most: number): fc.Arbitrary<Block> {
  const tasks = (limit: number): fc.Arbitrary<string[]> =>
    fc.integer({ min: 1, max: Math.min(limit, most) }).map((n) => names(n, prefix));
  return fc.oneof(
    tasks(9).map((t): Block => ({ kind: 'fixed', tasks: t })),
    tasks(9).map((t): Block => ({ kind: 'latin', tasks: t, square: 'cyclic' })),
    tasks(MAX_ORIGINAL).map((t): Block => ({ kind: 'latin', tasks: t, square: 'original' })),
    tasks(9).map((t): Block => ({ kind: 'balanced', tasks: t })),
    tasks(Math.min(MAX_FULL, 4)).map((t): Block => ({ kind: 'full', tasks: t })),
    fc.tuple(tasks(9), fc.nat(), fc.string({ maxLength: 5 })).map(([t, rows, seed]): Block => ({
      kind: 'random',
      tasks: t,
      rows: 1 + (rows % Math.min(9, factorial(t.length))),
      seed,
    })),
  );
}

export function nestedOf(prefix: string): fc.Arbitrary<Nested> {
  return fc
    .tuple(
      fc.constantFrom<Nested['among']>('fixed', 'latin', 'balanced', 'full'),
      fc.integer({ min: 2, max: 3 }).chain((n) => fc.tuple(...names(n, `${prefix}b`).map((p) => blockOf(`${p}-`, 3)))),
    )
    .map(([among, blocks]): Nested => ({ kind: 'nested', among, blocks }));
}

export const orderingOf = (prefix: string): fc.Arbitrary<Ordering> =>
  fc.oneof({ weight: 4, arbitrary: blockOf(prefix, 6) }, { weight: 1, arbitrary: nestedOf(prefix) });

export const anyOrderings: fc.Arbitrary<Ordering[]> = fc
  .integer({ min: 1, max: 3 })
  .chain((n) => fc.tuple(...names(n, 'o').map((prefix) => orderingOf(`${prefix}-`))));
