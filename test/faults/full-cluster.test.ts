/** A cluster with room for three instances and no more. */
import assert from 'node:assert/strict';
import { readLeadership } from '../../src/platform/pass-report.js';
import { poll } from '../poll.js';
import { booksAgree } from './support/books.js';
import { FaultStack } from './support/fault-stack.js';
import { answersTo, finishWork, startWork } from './support/participants.js';

describe('a full cluster', function () {
  this.timeout(180_000);
  let stack: FaultStack;

  before(async () => {
    stack = await FaultStack.start({ memoryMB: 3 * 128 });
    stack.parts.managers.start();
  });
  after(() => stack?.stop());

  const problems = async (): Promise<readonly string[]> =>
    (await readLeadership(stack.parts.database)).report?.problems ?? [];

  it('is told in a sentence, stops nobody, and the pool fills by itself when there is room', async () => {
    await booksAgree(stack, { ready: 2 });
    const first = await startWork(stack);
    await booksAgree(stack, { ready: 2, leased: 1 });
    assert.deepEqual(await problems(), []);

    const second = await startWork(stack);
    const told = await poll(
      'the problem is told',
      async () => (await problems()).find((text) => text.includes('room')),
      60,
    );
    assert.equal(told, 'An instance waits for room. No node has room for it: memory is used up on 1 of 1 node.');
    assert.ok((await answersTo(first)) && (await answersTo(second)));

    await finishWork(first);
    await booksAgree(stack, { ready: 2, leased: 1 });
    assert.ok(await answersTo(second));
    await poll('the problem is gone', async () => (await problems()).length === 0, 60);
  });
});
