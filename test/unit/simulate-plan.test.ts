/** Who the bots of a simulation are, and when they come. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ARRIVALS, arrivalTimes } from '../../src/simulate/arrivals.js';
import { BEHAVIOURS, castBehaviours, defaultMix, MixError, readMix } from '../../src/simulate/mix.js';
import { randomFrom } from '../../src/platform/random.js';
import { percentile } from '../../src/simulate/tally.js';

const plan = { participants: 500, rate: 60 };

describe('arrivals', () => {
  it('are as many as there are participants, in order, and the same for the same seed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ARRIVALS), fc.nat(300), fc.integer(), (kind, participants, seed) => {
        const times = () => arrivalTimes({ kind, participants, rate: 30, random: randomFrom(seed) });
        assert.equal(times().length, participants);
        assert.deepEqual(
          times(),
          times().toSorted((a, b) => a - b),
        );
      }),
    );
  });

  it('come within a second in a burst, evenly or by chance at the rate', () => {
    const times = (kind: (typeof ARRIVALS)[number]) => arrivalTimes({ ...plan, kind, random: randomFrom(7) });
    assert.ok(times('burst').at(-1)! <= 1_000);
    assert.deepEqual(times('uniform').slice(0, 3), [0, 1_000, 2_000]);
    const poisson = times('poisson');
    const mean = poisson.at(-1)! / plan.participants;
    assert.ok(mean > 900 && mean < 1_100, `one each ${mean} ms`);
    // The gaps of a Poisson process vary as much as they are long.
    const gaps = poisson.map((at, index) => at - (poisson[index - 1] ?? 0));
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
    assert.ok(Math.abs(deviation / mean - 1) < 0.15, `deviation ${deviation}`);
  });
});

describe('a mix of behaviours', () => {
  it('gives each its share to one, whatever the weights', () => {
    const weights = fc.dictionary(fc.constantFrom(...BEHAVIOURS), fc.nat(20), { minKeys: 1 });
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 200 }), fc.integer(), (behaviours, participants, seed) => {
        const sum = Object.values(behaviours).reduce((total, weight) => total + weight, 0);
        fc.pre(sum > 0);
        const cast = castBehaviours({ ...defaultMix, behaviours }, participants, randomFrom(seed));
        assert.equal(cast.length, participants);
        for (const [behaviour, weight] of Object.entries(behaviours)) {
          const count = cast.filter((each) => each === behaviour).length;
          assert.ok(Math.abs(count - (weight / sum) * participants) < 1, `${behaviour}: ${count}`);
        }
      }),
    );
  });

  it('is read with defaults for what is not said', () => {
    const mix = readMix('behaviours: { steady: 3, dropout: 1 }\ndropoutAt: [consent]\n', 'mix.yaml');
    assert.deepEqual(mix.behaviours, { steady: 3, dropout: 1 });
    assert.deepEqual([mix.dropoutAt, mix.pauseSeconds], [['consent'], [0.2, 1]]);
  });

  const refused = {
    'an unknown behaviour': ['behaviours: { lazy: 1 }', /behaviours.*lazy/],
    'no weight': ['behaviours: { steady: 0 }', /behaviours: expected a weight above 0/],
    'an unknown field': ['behaviours: { steady: 1 }\nspeed: 2', /speed/],
    'a pause that ends before it begins': [
      'behaviours: { steady: 1 }\npauseSeconds: [2, 1]',
      /pauseSeconds: .*shorter/,
    ],
    'no YAML': ['behaviours: [', /mix\.yaml: /],
    nothing: ['', /mix\.yaml: /],
  } as const;
  for (const [what, [text, message]] of Object.entries(refused)) {
    it(`names what is wrong: ${what}`, () => {
      assert.throws(
        () => readMix(text, 'mix.yaml'),
        (error) => error instanceof MixError && message.test(error.message),
      );
    });
  }
});

describe('percentiles', () => {
  it('are values that were measured, each not exceeded by its share', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    assert.deepEqual(
      [0.5, 0.95, 0.99, 1].map((share) => percentile(hundred, share)),
      [50, 95, 99, 100],
    );
    assert.deepEqual([percentile([7], 0.5), percentile([], 0.5)], [7, 0]);
  });
});
