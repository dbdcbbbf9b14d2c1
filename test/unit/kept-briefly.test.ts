import assert from 'node:assert/strict';
import { KeptBriefly } from '../../src/platform/kept-briefly.js';

describe('what is kept briefly', () => {
  it('is computed once for all who ask meanwhile, and anew when it is old', async () => {
    let now = 0;
    let times = 0;
    const kept = new KeptBriefly(
      60_000,
      (key) => Promise.resolve(`${key} ${++times}`),
      () => now,
    );
    assert.deepEqual(await Promise.all([kept.get('a'), kept.get('a'), kept.get('b')]), ['a 1', 'a 1', 'b 2']);
    now = 59_999;
    assert.equal(await kept.get('a'), 'a 1');
    now = 60_000;
    assert.equal(await kept.get('a'), 'a 3');
  });

  it('is tried again after it failed', async () => {
    let fails = true;
    const kept = new KeptBriefly(60_000, () => (fails ? Promise.reject(new Error('away')) : Promise.resolve('there')));
    await assert.rejects(kept.get('a'), /away/);
    fails = false;
    assert.equal(await kept.get('a'), 'there');
  });
});
