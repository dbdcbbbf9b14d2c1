/** Each service that the managers stand on: gone, and back. */
import assert from 'node:assert/strict';
import { poll } from '../poll.js';
import { booksAgree, readBooks } from './support/books.js';
import { allFaults } from './support/extent.js';
import { FaultStack } from './support/fault-stack.js';
import {
  type AtWork,
  answersTo,
  finishWork,
  instanceOf,
  notebookOf,
  startWork,
  workOn,
} from './support/participants.js';

describe('a service', function () {
  this.timeout(300_000);
  let stack: FaultStack;
  let working: AtWork;

  before(async () => {
    stack = await FaultStack.start();
    stack.parts.managers.start();
    working = await startWork(stack);
    await booksAgree(stack, { ready: 2, leased: 1 });
  });
  after(() => stack?.stop());

  /** All is well again, for the one who worked all the time and for the next. */
  async function allIsWell(): Promise<void> {
    await booksAgree(stack, { ready: 2, leased: 1 }, 90);
    assert.equal(await notebookOf(working.who), working.notebook);
    await poll('the instance answers its participant', () => answersTo(working), 30);
    const guest = await startWork(stack);
    await finishWork(guest);
    await booksAgree(stack, { ready: 2, leased: 1 }, 90);
  }

  it('Redis, wiped: its keys are written again', async () => {
    await stack.parts.redis.flushall();
    await allIsWell();
  });

  it('Redis, stopped: warm instances are handed out without it, and its keys are written when it is back', async () => {
    const { services } = stack.parts;
    await services.redis.stop();
    const guest = await startWork(stack);
    assert.ok(await answersTo(guest));
    await finishWork(guest);
    await services.redis.restart();
    await allIsWell();
  });

  it('Postgres, restarted: nothing is stopped, and all goes on', async () => {
    const before = (await readBooks(stack)).processes;
    await stack.parts.services.postgres.restart();
    await booksAgree(stack, { ready: 2, leased: 1 });
    assert.deepEqual((await readBooks(stack)).processes, before);
    await allIsWell();
  });

  it('Traefik, restarted: nothing is stopped, and all goes on', async () => {
    const before = (await readBooks(stack)).processes;
    await stack.parts.services.traefik.restart();
    await booksAgree(stack, { ready: 2, leased: 1 });
    assert.deepEqual((await readBooks(stack)).processes, before);
    await allIsWell();
  });

  it('Nomad, killed and started: it finds its tasks again, and nobody notices', async () => {
    const { nomad } = stack.parts;
    await nomad.kill();
    assert.ok(await answersTo(working));
    const guest = await startWork(stack);
    assert.ok(await answersTo(guest));
    await nomad.startAgain();
    const again = await Promise.all([workOn(working.who), workOn(guest.who)]);
    assert.deepEqual(again, [working, guest]);
    await booksAgree(stack, { ready: 2, leased: 2 }, 90);
    await finishWork(guest);
    await allIsWell();
  });

  if (allFaults) {
    it('Consul, stopped for a minute: nothing is stopped, warm instances are handed out, then all goes on', async () => {
      const { consul } = stack.parts.services;
      const before = (await readBooks(stack)).processes;
      await consul.stop();
      const stopped = Date.now();
      const guest = await startWork(stack);
      assert.ok(await answersTo(guest));
      await poll('the minute is over', () => Promise.resolve(Date.now() - stopped > 60_000), 90);
      await consul.restart();
      await finishWork(guest);
      // Traefik asks Consul again after 5, 20, 45 and 80 s, and only then routes to new instances.
      await booksAgree(stack, { ready: 2, leased: 1 }, 180);
      const now = (await readBooks(stack)).processes.map(({ pid }) => pid);
      for (const { instance, pid } of before) assert.ok(instance === instanceOf(guest) || now.includes(pid));
      await allIsWell();
    });
  }
});
