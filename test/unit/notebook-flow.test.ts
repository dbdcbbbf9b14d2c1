import assert from 'node:assert/strict';
import type { Task } from '../../notebook/document.js';
import { Flow } from '../../notebook/flow.js';

function tasks(...kinds: Task['kind'][]): Task[] {
  return kinds.map((kind, index) => ({ id: `t${index}`, title: kind, kind, cells: [] }));
}

describe('the flow', () => {
  const whole = tasks('introduction', 'task', 'task', 'closing');

  for (const [position, actions, progress] of [
    [0, ['start'], { task: 0, total: 2 }],
    [1, ['skip', 'next'], { task: 1, total: 2 }],
    [2, ['skip', 'next'], { task: 2, total: 2 }],
    [3, ['finish'], { task: 2, total: 2 }],
  ] as const) {
    it(`offers ${actions.join(' and ')} at position ${position}`, () => {
      const flow = new Flow(whole, position);
      assert.deepEqual(flow.actions, actions);
      assert.deepEqual(flow.progress, progress);
    });
  }

  it('shows earlier tasks and hides later ones', () => {
    const flow = new Flow(whole, 1);
    assert.deepEqual(
      whole.map((_, index) => flow.isVisible(index)),
      [true, true, false, false],
    );
  });

  it('advances one task at a time and stays on the last', () => {
    const flow = new Flow(whole, 2);
    assert.equal(flow.advance().kind, 'closing');
    assert.equal(flow.advance().kind, 'closing');
    assert.equal(flow.index, 3);
  });

  it('lets the last task be skipped where no closing page follows', () => {
    assert.deepEqual(new Flow(tasks('task'), 0).actions, ['skip', 'finish']);
  });

  for (const [given, used] of [
    [-1, 0],
    [99, 3],
    [1.7, 1],
  ] as const) {
    it(`takes position ${given} as ${used}`, () => {
      assert.equal(new Flow(whole, given).index, used);
    });
  }

  it('refuses a notebook without tasks', () => {
    assert.throws(() => new Flow([], 0), /at least one task/);
  });
});
