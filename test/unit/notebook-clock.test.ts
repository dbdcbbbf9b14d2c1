import assert from 'node:assert/strict';
import { clockText, TaskClock } from '../../notebook/task-clock.js';

/** A clock of `minutes` of which `used` seconds are gone, and the hand that turns its time. */
function clockAt(minutes: number, used = 0) {
  let time = 12_345;
  const clock = new TaskClock(() => time, minutes, used);
  return {
    clock,
    pass: (seconds: number): void => {
      time += seconds * 1000;
    },
  };
}

describe("a task's clock", () => {
  it('counts down to 0 and stays there', () => {
    const { clock, pass } = clockAt(10);
    assert.equal(clock.secondsLeft, 600);
    pass(0.5);
    assert.equal(clock.secondsLeft, 600);
    pass(598.5);
    assert.equal(clock.secondsLeft, 1);
    pass(1);
    assert.equal(clock.secondsLeft, 0);
    pass(1000);
    assert.equal(clock.secondsLeft, 0);
  });

  it('tells 5 minutes and 1 minute before the end, each once', () => {
    const { clock, pass } = clockAt(10);
    const told: [number, number][] = [];
    for (let second = 0; second <= 600; second += 1, pass(1)) {
      const warning = clock.warning();
      if (warning !== null) told.push([clock.secondsLeft, warning]);
    }
    assert.deepEqual(told, [
      [300, 5],
      [60, 1],
    ]);
  });

  it('goes on where an earlier page left off, without telling again what has been told', () => {
    const { clock, pass } = clockAt(10, 400);
    assert.equal(clock.secondsLeft, 200);
    assert.equal(clock.warning(), null);
    pass(140);
    assert.equal(clock.warning(), 1);
  });

  it('tells only the last warning to a page that slept through both', () => {
    const { clock, pass } = clockAt(10);
    pass(590);
    assert.equal(clock.warning(), 1);
    assert.equal(clock.warning(), null);
  });

  it('is over at once where the time was used up before', () => {
    assert.equal(clockAt(10, 700).clock.secondsLeft, 0);
  });

  for (const [seconds, text] of [
    [0, '0:00'],
    [65, '1:05'],
    [600, '10:00'],
    [3725, '62:05'],
  ] as const) {
    it(`shows ${seconds} seconds as ${text}`, () => {
      assert.equal(clockText(seconds), text);
    });
  }
});
