import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { OutboxStore } from '../../notebook/outbox-store.js';
import type { NotebookEvent } from '../../notebook/protocol.js';
import { eventStoreContract } from './event-store-contract.js';
import { draft, MemoryStore } from './notebook-outbox-support.js';

const event = (seq: number, data: Record<string, unknown> = {}): NotebookEvent => ({ seq, ...draft(data) });

describe('the store that the tests use', () => {
  eventStoreContract(() => Promise.resolve(new MemoryStore()));
});

describe("the browser's copy of what is not acknowledged", () => {
  let kept: MemoryStore;
  let store: OutboxStore;
  beforeEach(() => {
    kept = new MemoryStore();
    store = new OutboxStore(kept, 'abc');
  });

  it('writes in the order of the changes, those of one moment together', async () => {
    store.add([event(1)]);
    store.add([event(2)]);
    await Promise.resolve();
    await Promise.resolve();
    store.add([event(3)]);
    store.remove([event(1)]);
    await store.settled();
    assert.deepEqual(kept.writes, ['+1 +2', '-1 +3']);
  });

  it('writes what is added anew under a number that was removed in the same moment', async () => {
    store.add([event(1), event(2)]);
    await store.settled();
    store.remove([event(1), event(2)]);
    store.add([event(1, { moved: true })]);
    await store.settled();
    assert.deepEqual(
      [...kept.kept.values()].map(({ seq, data }) => [seq, data]),
      [[1, { moved: true }]],
    );
  });

  it('keeps the others when one does not fit, says so, and tries it again when there is room', async () => {
    const told: boolean[] = [];
    store.watch(() => told.push(store.keepsAll));
    kept.full = ({ seq }) => seq === 2;
    store.add([event(1), event(2), event(3)]);
    await store.settled();
    assert.deepEqual(kept.numbers, [1, 3]);
    kept.full = () => false;
    store.remove([event(1)]);
    await store.settled();
    assert.deepEqual(kept.numbers, [2, 3]);
    assert.deepEqual(told, [false, true]);
  });

  it('forgets that something is not kept when the server has it', async () => {
    kept.full = () => true;
    store.add([event(1)]);
    await store.settled();
    assert.equal(store.keepsAll, false);
    store.remove([event(1)]);
    await store.settled();
    assert.equal(store.keepsAll, true);
  });

  it('keeps each participant apart', async () => {
    store.add([event(1)]);
    await store.settled();
    assert.deepEqual(await new OutboxStore(kept, 'abcd').events(), []);
  });

  it('has nothing where nothing can be read', async () => {
    kept.events = () => Promise.reject(new DOMException('no', 'SecurityError'));
    assert.deepEqual(await store.events(), []);
  });

  it('does not hold up the page where the browser never answers', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      kept.events = () => new Promise(() => undefined);
      const events = store.events();
      mock.timers.tick(3000);
      assert.deepEqual(await events, []);
    } finally {
      mock.timers.reset();
    }
  });
});
