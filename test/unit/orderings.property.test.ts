import assert from 'node:assert/strict';
import fc from 'fast-check';
import { blocksOf, type Ordering, orderingsSchema } from '../../src/studies/orderings/ordering.js';
import { countRows, orderingRows } from '../../src/studies/orderings/rows.js';
import {
  balancedRows,
  cyclicRows,
  factorial,
  fullRows,
  MAX_FULL,
  MAX_ORIGINAL,
  originalRows,
  randomRows,
  type Row,
} from '../../src/studies/orderings/squares.js';
import { anyOrderings, names, nestedOf } from './orderings-support.js';

const rowsOf = (orderings: readonly Ordering[]): (readonly string[])[] =>
  orderingRows(orderings, new Map()).map(({ tasks }) => tasks);

const tasksOf = (orderings: readonly Ordering[]): string[] =>
  orderings.flatMap((ordering) => blocksOf(ordering).flatMap(({ tasks }) => tasks));

/** The different counts of the items. */
function countsOf<T>(items: readonly T[]): Set<number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(String(item), (counts.get(String(item)) ?? 0) + 1);
  return new Set(counts.values());
}

const places = (rows: readonly Row[]): string[] => rows.flatMap((row) => row.map((item, place) => `${item}@${place}`));
const neighbours = (rows: readonly Row[]): string[] =>
  rows.flatMap((row) => row.slice(1).map((item, before) => `${row[before]}>${item}`));

const assertOnceAtEachPlace = (rows: readonly Row[], n: number): void => {
  assert.equal(new Set(places(rows)).size, n * n);
  assert.equal(countsOf(places(rows)).size, 1);
};

describe('squares', () => {
  const size = fc.integer({ min: 1, max: 40 });

  it('Latin: each once in a row, and each once at each place', () => {
    fc.assert(
      fc.property(size, (n) => {
        assertOnceAtEachPlace(cyclicRows(n), n);
        assert.equal(cyclicRows(n).length, n);
      }),
    );
    for (let n = 1; n <= MAX_ORIGINAL; n += 1) assertOnceAtEachPlace(originalRows(n), n);
  });

  it('the original’s are those that it printed', () => {
    const printed = ['0', '01,10', '012,120,201', '0123,1032,2301,3210', '01234,12403,24310,30142,43021'];
    for (const [index, square] of printed.entries()) {
      assert.equal(
        originalRows(index + 1)
          .map((row) => row.join(''))
          .join(),
        square,
      );
    }
    assert.throws(() => originalRows(6), RangeError);
  });

  it('balanced: each at each place, and each ordered pair of neighbours, equally often; one square if even, two if odd', () => {
    fc.assert(
      fc.property(size, (n) => {
        const rows = balancedRows(n);
        assert.equal(rows.length, n % 2 === 0 || n === 1 ? n : 2 * n);
        assertOnceAtEachPlace(rows, n);
        assert.equal(new Set(neighbours(rows)).size, n * (n - 1));
        if (n > 1) assert.deepEqual([...countsOf(neighbours(rows))], [n % 2 === 0 ? 1 : 2]);
      }),
    );
  });

  it('full: all orders, each once', () => {
    for (let n = 1; n <= MAX_FULL; n += 1) {
      const rows = fullRows(n);
      assert.equal(rows.length, factorial(n));
      assert.equal(new Set(rows.map(String)).size, factorial(n));
      for (const row of rows) assert.deepEqual([...row].sort(), names(n, '').map(Number));
    }
  });

  it('random: as many as asked for, all different, the same for a seed, others for another one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 20 }), fc.integer({ min: 6, max: 60 }), fc.string(), (n, count, seed) => {
        const rows = randomRows(n, count, seed);
        assert.equal(new Set(rows.map(String)).size, count);
        assert.deepEqual(randomRows(n, count, seed), rows);
        assert.notDeepEqual(randomRows(n, count, `${seed}x`), rows);
      }),
    );
    // Changing the draw would change studies that are published.
    assert.deepEqual(
      randomRows(4, 3, 'fruit').map((row) => row.join('')),
      ['2103', '0132', '2013'],
    );
  });
});

describe('orderings', () => {
  it('have each task once in each row, and the same rows whenever they are asked', () => {
    fc.assert(
      fc.property(anyOrderings, (orderings) => {
        const tasks = tasksOf(orderings).sort();
        const rows = rowsOf(orderings);
        for (const row of rows) assert.deepEqual([...row].sort(), tasks);
        assert.deepEqual(rowsOf(structuredClone(orderings)), rows);
      }),
    );
  });

  it('multiply: each order of one with each of the others, the last one changing slowest', () => {
    fc.assert(
      fc.property(anyOrderings, (orderings) => {
        const rows = rowsOf(orderings);
        assert.equal(rows.length, countRows(orderings));
        const [first, ...others] = orderings.map((ordering) => rowsOf([ordering]));
        const product = others.reduce((before, after) => after.flatMap((b) => before.map((a) => [...a, ...b])), first!);
        assert.deepEqual(rows, product);
      }),
    );
  });

  it('nested: the blocks stay together, and come in each order that there is with each order within', () => {
    fc.assert(
      fc.property(nestedOf('n'), (nested) => {
        const rows = rowsOf([nested]);
        const within = nested.blocks.map((block) => rowsOf([block]).map(String));
        for (const row of rows) {
          const starts = nested.blocks.map(({ tasks }) => Math.min(...tasks.map((task) => row.indexOf(task))));
          for (const [index, { tasks }] of nested.blocks.entries()) {
            assert.ok(within[index]!.includes(String(row.slice(starts[index], starts[index]! + tasks.length))));
          }
        }
        const blocks = names(nested.blocks.length, 'b');
        const among =
          nested.among === 'latin'
            ? ({ kind: 'latin', tasks: blocks, square: 'cyclic' } as const)
            : { kind: nested.among, tasks: blocks };
        assert.equal(rows.length, rowsOf([among]).length * within.reduce((n, orders) => n * orders.length, 1));
        assert.equal(new Set(rows.map(String)).size, rows.length);
      }),
    );
  });

  it('are named by what can differ: shorts, or the tasks themselves', () => {
    const orderings: Ordering[] = [
      { kind: 'fixed', tasks: ['start'] },
      { kind: 'latin', tasks: ['peel', 'slice'], square: 'cyclic' },
      { kind: 'balanced', tasks: ['x', 'y'] },
    ];
    const named = (shorts: [string, string][]): string[] =>
      orderingRows(orderings, new Map(shorts)).map(({ name }) => name);
    assert.deepEqual(
      named([
        ['peel', '1'],
        ['slice', '2'],
      ]),
      ['12_xy', '21_xy', '12_yx', '21_yx'],
    );
    assert.deepEqual(named([]), ['peel-slice_xy', 'slice-peel_xy', 'peel-slice_yx', 'slice-peel_yx']);
    assert.deepEqual(orderingRows([{ kind: 'fixed', tasks: ['a', 'b'] }], new Map()), [
      { name: '', tasks: ['a', 'b'] },
    ]);
  });

  it('are understood or refused with words, whatever is written', () => {
    const kind = fc.constantFrom('fixed', 'latin', 'balanced', 'full', 'random', 'nested', 'other');
    const ordering = fc.record(
      { kind, tasks: fc.jsonValue(), rows: fc.jsonValue(), blocks: fc.jsonValue() },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.array(fc.oneof(ordering, fc.jsonValue()))), (written) => {
        const result = orderingsSchema.safeParse(written);
        if (result.success) assert.ok(rowsOf(result.data.slice(0, 1)).length > 0);
        else for (const { message } of result.error.issues) assert.match(message, /\w/);
      }),
    );
  });
});
