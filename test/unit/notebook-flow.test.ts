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

  it('leaves earlier tasks open unless the study locks them', () => {
    const locked = (flow: Flow): boolean[] => whole.map((_, index) => flow.isLocked(index));
    assert.deepEqual(locked(new Flow(whole, 2)), [false, false, false, false]);
    assert.deepEqual(locked(new Flow(whole, 2, 'locked')), [true, true, false, false]);
  });

  it('locks an earlier task that had a time limit, whatever the study says: the limit would be none', () => {
    const limited = whole.map((task, index) => (index === 1 ? { ...task, minutes: 5 } : task));
    assert.equal(new Flow(limited, 1).isLocked(1), false);
    assert.equal(new Flow(limited, 2).isLocked(1), true);
    assert.equal(new Flow(limited, 2).isLocked(0), false);
  });

  it('refuses a notebook without tasks', () => {
    assert.throws(() => new Flow([], 0), /at least one task/);
  });
});
