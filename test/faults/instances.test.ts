/** Instances that do not come up, and one that goes while somebody works on it. */
import assert from 'node:assert/strict';
import { poll } from '../poll.js';
import { booksAgree, readBooks } from './support/books.js';
import { type Behaviour, FaultStack } from './support/fault-stack.js';
import type { Manager } from './support/managers.js';
import { answersTo, finishWork, instanceOf, notebookOf, startWork } from './support/participants.js';

describe('an instance', function () {
  this.timeout(180_000);
  let stack: FaultStack;
  let manager: Manager;

  before(async () => {
    stack = await FaultStack.start();
    manager = stack.parts.managers.start({ settings: { OBSERVATORY_BOOT_SECONDS: '8' } });
    await booksAgree(stack, { ready: 2 });
  });
  after(() => stack?.stop());

  const reasonsOfFailure = async (since: Date): Promise<string[]> => {
    const { rows } = await stack.parts.database.query<{ reason: string }>(
      `select reason from instances where state = 'failed' and stopped_at is not null and created_at >= $1`,
      [since],
    );
    return rows.map(({ reason }) => reason);
  };

  const bad: readonly [Behaviour, RegExp][] = [
    ['dies', /^The instance ended by itself\. Nomad on \S+: Terminated: .*[Ee]xit [Cc]ode:? 3/],
    ['unhealthy', /^The instance was not ready within 8 s\. It runs, but its check in Consul does not pass\./],
  ];
  for (const [behaviour, told] of bad) {
    const what = behaviour === 'dies' ? 'dies at once' : 'never becomes healthy';
    it(`that ${what} is given up with its reason, nothing of it stays, and the pool fills when the next ones are well`, async () => {
      const since = new Date();
      await stack.instancesAre(behaviour);
      const worker = await startWork(stack);
      const reason = await poll('one was given up', async () => (await reasonsOfFailure(since))[0], 60);
      assert.match(reason, told);
      assert.ok(await answersTo(worker));
      await stack.instancesAre('healthy');
      await finishWork(worker);
      await booksAgree(stack, { ready: 2 });
      // With a growing pause between attempts, not one after the other.
      assert.ok((await reasonsOfFailure(since)).length <= 8);
    });
  }

  it('that is killed while somebody works on it is replaced: the participant gets another at once', async () => {
    const worker = await startWork(stack);
    await booksAgree(stack, { ready: 2, leased: 1 });
    const { processes } = await readBooks(stack);
    process.kill(processes.find(({ instance }) => instance === instanceOf(worker))!.pid, 'SIGKILL');
    const other = await poll(
      'another instance is assigned',
      async () => {
        const path = await worker.who.assigned();
        return path === worker.notebook ? undefined : path;
      },
      60,
    );
    const again = { who: worker.who, notebook: other };
    assert.ok(await answersTo(again));
    await booksAgree(stack, { ready: 2, leased: 1 });
    await finishWork(again);
    await booksAgree(stack, { ready: 2 });
  });

  it('that nobody had time to start is not needed any more: a stop of the manager leaves it to the next one', async () => {
    const { managers } = stack.parts;
    const worker = await startWork(stack);
    await managers.stop(manager);
    manager = managers.start();
    await booksAgree(stack, { ready: 2, leased: 1 });
    assert.equal(await notebookOf(worker.who), worker.notebook);
  });
});
