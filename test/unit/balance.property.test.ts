/** What each strategy promises, for any design and any sequence of arrivals and dropouts. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Cell, draw, type DrawRecord, type Question, type Rule } from '../../src/participants/balance.js';

/** A study in memory, with the counters that Postgres has in earnest. */
class Design {
  readonly records: DrawRecord[] = [];
  readonly taken: number[];
  readonly givenBack: number[];
  private position = 0;

  constructor(
    private readonly rule: Rule,
    size: number,
    private readonly more: { quotas?: number[]; weights?: number[]; categories?: string[] } = {},
    private readonly seed = 'seed',
  ) {
    this.taken = Array.from({ length: size }, () => 0);
    this.givenBack = Array.from({ length: size }, () => 0);
  }

  question(): Question {
    const { quotas = [], weights = [], categories = [] } = this.more;
    const cells = this.taken.map((taken, index): Cell => ({
      condition: index + 1,
      taken,
      givenBack: this.givenBack[index]!,
      full: taken >= (quotas[index] ?? Infinity),
      category: categories[index] ?? '',
      weight: weights[index] ?? 1,
    }));
    return { rule: this.rule, number: this.records.length + 1, stratum: null, position: this.position, cells };
  }

  arrive(): number | undefined {
    const question = this.question();
    const drawn = draw(question, this.seed);
    if (drawn === undefined) return undefined;
    this.position = drawn.next;
    this.taken[drawn.condition - 1]! += 1;
    if (this.givenBack[drawn.condition - 1]! > 0) this.givenBack[drawn.condition - 1]! -= 1;
    this.records.push({ ...question, ...drawn });
    return drawn.condition;
  }

  leave(which: number): void {
    const present = this.taken.flatMap((taken, index) => Array.from({ length: taken }, () => index));
    const index = present[which % Math.max(1, present.length)];
    if (index === undefined) return;
    this.taken[index]! -= 1;
    this.givenBack[index]! += 1;
  }
}

const spread = (numbers: readonly number[]) => Math.max(...numbers) - Math.min(...numbers);
const size = fc.integer({ min: 1, max: 9 });
/** An arrival, or the place of somebody who leaves. */
const steps = fc.array(fc.option(fc.nat(200), { freq: 3 }), { maxLength: 120 });

const rules: readonly Rule[] = [
  { strategy: 'least' },
  { strategy: 'two-stage' },
  { strategy: 'weighted' },
  { strategy: 'blocks', repeats: 2 },
  { strategy: 'rare-common', every: 3, rare: [1] },
];

describe('balancing', () => {
  it('least: without dropouts no two conditions differ by more than one, and with them no arrival makes it worse', () => {
    fc.assert(
      fc.property(size, steps, (conditions, changes) => {
        const design = new Design({ strategy: 'least' }, conditions);
        let hasLost = false;
        for (const change of changes) {
          if (change !== null) design.leave(change);
          hasLost ||= change !== null;
          const before = spread(design.taken);
          design.arrive();
          assert.ok(spread(design.taken) <= Math.max(1, before));
          if (!hasLost) assert.ok(spread(design.taken) <= 1);
        }
      }),
    );
  });

  it('least: a condition that fell behind is filled first', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 9 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(),
        (conditions, lost, which) => {
          const design = new Design({ strategy: 'least' }, conditions);
          for (let n = 0; n < conditions * 5; n += 1) design.arrive();
          const behind = which % conditions;
          for (let n = 0; n < lost; n += 1) design.leave(behind * 5);
          const lacking = design.taken.flatMap((taken, index) => Array.from({ length: 5 - taken }, () => index + 1));
          const filled = lacking.map(() => design.arrive()!);
          assert.deepEqual(filled.sort(), lacking.sort());
        },
      ),
    );
  });

  it('two stages: neither the categories nor the conditions of one differ by more than one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 4 }),
        fc.nat(100),
        (groups, each, arrivals) => {
          const categories = Array.from({ length: groups * each }, (_, index) => `category ${index % groups}`);
          const design = new Design({ strategy: 'two-stage' }, groups * each, { categories });
          for (let n = 0; n < arrivals; n += 1) design.arrive();
          const by = [...new Set(categories)].map((name) =>
            design.taken.filter((_, index) => categories[index] === name),
          );
          assert.ok(spread(by.map((taken) => taken.reduce((sum, one) => sum + one, 0))) <= 1);
          for (const taken of by) assert.ok(spread(taken) <= 1);
        },
      ),
    );
  });

  it('weights: after as many as all weights together, each condition has its weight', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 6 }), (weights) => {
        const design = new Design({ strategy: 'weighted' }, weights.length, { weights });
        for (let n = weights.reduce((sum, weight) => sum + weight, 0); n > 0; n -= 1) design.arrive();
        assert.deepEqual(design.taken, weights);
      }),
    );
  });

  it('blocks: each holds each condition so often, in orders that differ by the seed', () => {
    fc.assert(
      fc.property(size, fc.integer({ min: 1, max: 4 }), fc.string(), (conditions, repeats, seed) => {
        const design = new Design({ strategy: 'blocks', repeats }, conditions, {}, seed);
        for (let block = 1; block <= 3; block += 1) {
          for (let n = 0; n < conditions * repeats; n += 1) design.arrive();
          assert.deepEqual(new Set(design.taken), new Set([block * repeats]));
        }
      }),
    );
    const order = (seed: string) => {
      const design = new Design({ strategy: 'blocks', repeats: 1 }, 8, {}, seed);
      return Array.from({ length: 16 }, () => design.arrive());
    };
    assert.deepEqual(order('one'), order('one'));
    assert.notDeepEqual(order('one'), order('another'));
    assert.notDeepEqual(order('one').slice(0, 8), order('one').slice(8));
  });

  it('rare and common: every nth takes the next of the rare ones, the others the next of the common ones', () => {
    const design = new Design({ strategy: 'rare-common', every: 4, rare: [2, 5] }, 5);
    const drawn = Array.from({ length: 16 }, () => design.arrive());
    assert.deepEqual(drawn, [1, 3, 4, 2, 1, 3, 4, 5, 1, 3, 4, 2, 1, 3, 4, 5]);
  });

  for (const rule of rules) {
    const quotas = fc.array(fc.nat(5), { minLength: 2, maxLength: 6 });

    it(`${rule.strategy}: no quota is passed, and nobody is refused before all are reached`, () => {
      fc.assert(
        fc.property(quotas, steps, (limits, changes) => {
          const design = new Design(rule, limits.length, { quotas: limits });
          for (const change of changes) {
            if (change !== null) design.leave(change);
            const isFull = design.taken.every((taken, index) => taken >= limits[index]!);
            assert.equal(design.arrive() === undefined, isFull);
            assert.ok(design.taken.every((taken, index) => taken <= limits[index]!));
          }
        }),
      );
    });

    it(`${rule.strategy}: what is stored of a draw gives the same condition again`, () => {
      fc.assert(
        fc.property(quotas, steps, fc.string(), (limits, changes, seed) => {
          const design = new Design(rule, limits.length, {}, seed);
          for (const change of changes) {
            if (change !== null) design.leave(change);
            design.arrive();
          }
          for (const record of design.records) {
            const { condition, next, ...question } = JSON.parse(JSON.stringify(record)) as DrawRecord;
            assert.deepEqual(draw(question, seed), { condition, next });
          }
        }),
      );
    });
  }
});
