import assert from 'node:assert/strict';
import { dropoutRows } from '../../src/control/study/dropouts.js';
import { funnelOf } from '../../src/control/study/funnel.js';

describe('the funnel', () => {
  it('counts whom a step was reached by, who is there, and who left there', () => {
    const funnel = funnelOf([
      { state: 'arrived', furthest: 'arrived', condition: null, count: 7 },
      { state: 'screened', furthest: 'arrived', condition: null, count: 3 },
      { state: 'waiting', furthest: 'waiting', condition: 1, count: 2 },
      { state: 'abandoned', furthest: 'waiting', condition: 1, count: 1 },
      // Back in the line with work done already.
      { state: 'waiting', furthest: 'working', condition: 2, count: 1 },
      { state: 'working', furthest: 'working', condition: 2, count: 4 },
      { state: 'withdrawn', furthest: 'working', condition: 2, count: 5 },
      { state: 'abandoned', furthest: 'working', condition: 2, count: 6 },
      { state: 'finished', furthest: 'working', condition: 1, count: 10 },
    ]);
    const { steps } = funnel;
    const line = ({ step, reached, now, left }: (typeof steps)[number]) =>
      `${step} ${reached} ${now}: ${left.abandoned} ${left.withdrawn} ${left.screened}`;
    assert.deepEqual(steps.map(line), [
      'arrived 39 7: 0 0 3',
      'consented 29 0: 0 0 0',
      'waiting 29 3: 1 0 0',
      'working 26 4: 6 5 0',
      'finished 10 10: 0 0 0',
    ]);
    const dropouts = dropoutRows(funnel).map(({ name, reached, left, byCondition }) => {
      const each = byCondition && [...byCondition].map(([number, own]) => `${number}: ${own.left} of ${own.reached}`);
      return `${name} ${left} of ${reached}; ${each?.join(', ')}`;
    });
    assert.deepEqual(dropouts, [
      'arrived 3 of 39; undefined',
      'consented 0 of 29; undefined',
      'waiting 1 of 29; 1: 1 of 13, 2: 0 of 16',
      'working 11 of 26; 1: 0 of 10, 2: 11 of 16',
    ]);
  });
});
