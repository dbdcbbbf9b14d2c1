import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { Pace } from '../../src/manager/pace.js';
import { AdaptiveLimit, inParallel } from '../../src/manager/parallel.js';

const quiet = { milliseconds: 20, changed: false, failed: false, booting: false };

describe('the pace of the passes', () => {
  it('is the interval when nothing happens, shorter while instances boot, at once after a change', () => {
    const pace = new Pace(5_000);
    assert.deepEqual(
      [quiet, { ...quiet, booting: true }, { ...quiet, changed: true, booting: true }].map((end) => pace.after(end)),
      [5_000, 400, 80],
    );
  });

  it('leaves Nomad four times as long as a pass took', () => {
    const pace = new Pace(5_000);
    assert.equal(pace.after({ ...quiet, milliseconds: 700, booting: true }), 2_800);
    assert.equal(pace.gather(), 2_800);
    assert.equal(pace.after({ ...quiet, milliseconds: 9_000, changed: true }), 5_000);
  });

  it('slows down from failure to failure, up to the interval, and is the old one after a success', () => {
    const pace = new Pace(5_000);
    const failed = { ...quiet, failed: true, changed: true };
    assert.deepEqual(
      [failed, failed, failed, failed, failed].map((end) => pace.after(end)),
      [500, 1_000, 2_000, 4_000, 5_000],
    );
    pace.after(quiet);
    assert.equal(pace.after(failed), 500);
  });
});

describe('the limit of calls at once', () => {
  it('is halved by an error, down to one, and grows by one with each round of successes', () => {
    const limit = new AdaptiveLimit();
    assert.equal(limit.current, 16);
    limit.failed();
    assert.equal(limit.current, 8);
    for (let call = 0; call < 8; call += 1) limit.succeeded();
    assert.equal(limit.current, 9);
    for (let error = 0; error < 9; error += 1) limit.failed();
    assert.equal(limit.current, 1);
    for (let call = 0; call < 2_000; call += 1) limit.succeeded();
    assert.equal(limit.current, 32);
  });

  it('is kept while a queue is worked off that grows meanwhile', async () => {
    const limit = new AdaptiveLimit();
    limit.failed();
    const queue = Array.from({ length: 20 }, (_, index) => index);
    const done: number[] = [];
    let atOnce = 0;
    let most = 0;
    await inParallel(queue, limit, async (item) => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await turn();
      if (item < 5) queue.push(item + 100);
      atOnce -= 1;
      done.push(item);
    });
    assert.equal(most, 8);
    assert.equal(new Set(done).size, 25);
  });
});
