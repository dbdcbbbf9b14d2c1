/** A leader that is frozen, and woken when the world has moved on. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { poll } from '../poll.js';
import { booksAgree } from './support/books.js';
import { allFaults } from './support/extent.js';
import { FaultStack } from './support/fault-stack.js';
import type { Manager } from './support/managers.js';
import { type AtWork, answersTo, finishWork, startWork } from './support/participants.js';

/** Each waits until Consul frees the lock by itself. */
const moments = [
  ...['before cluster.dispatch', 'after cluster.dispatch', 'before cluster.stop'],
  ...['before queue.publish', 'after store.view'],
];

describe('a leader that is frozen', function () {
  this.timeout(180_000);
  let stack: FaultStack;
  let working: AtWork;

  before(async () => {
    stack = await FaultStack.start();
    const { managers } = stack.parts;
    const manager = managers.start();
    working = await startWork(stack);
    await booksAgree(stack, { ready: 2, leased: 1 });
    await managers.stop(manager);
  });
  after(() => stack?.stop());

  const untilFrozen = (manager: Manager) =>
    poll('the leader is frozen', () => Promise.resolve(isFrozen(manager.pid)), 60);

  for (const at of allFaults ? moments : []) {
    it(`past its lock, ${at}: another one leads, and what it still does when it wakes harms nothing`, async () => {
      const { managers } = stack.parts;
      const guest = await startWork(stack);
      const frozen = managers.start({ at, send: 'SIGSTOP' });
      // Its work: the guest's instance goes, another comes.
      await finishWork(guest);
      await untilFrozen(frozen);
      const other = managers.start();
      await managers.untilLeads(other);
      await booksAgree(stack, { ready: 2, leased: 1 });

      frozen.kill('SIGCONT');
      // What it began before it was frozen has an end by the time that it has stopped.
      await managers.stop(frozen);
      await booksAgree(stack, { ready: 2, leased: 1 });
      assert.ok(await answersTo(working));
      assert.equal(await managers.leader(), other.pid);
      await managers.stop(other);
    });
  }

  it('before it retires a warm instance: who takes that one meanwhile keeps it', async () => {
    const { managers } = stack.parts;
    const more = managers.start({ settings: { OBSERVATORY_POOL_MIN: '3', OBSERVATORY_POOL_MAX: '3' } });
    await booksAgree(stack, { ready: 3, leased: 1 });
    await managers.stop(more);

    const frozen = managers.start({ at: 'before store.leave', send: 'SIGSTOP' });
    await untilFrozen(frozen);
    const guests = [await startWork(stack), await startWork(stack), await startWork(stack)];
    frozen.kill('SIGCONT');
    await booksAgree(stack, { ready: 2, leased: 4 });
    for (const guest of guests) assert.equal(await guest.who.assigned(), guest.notebook);
    for (const guest of guests) await finishWork(guest);
    await booksAgree(stack, { ready: 2, leased: 1 });
    await managers.stop(frozen);
  });
});

/** Stopped by a signal, in the words of the kernel. */
function isFrozen(pid: number): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
}
