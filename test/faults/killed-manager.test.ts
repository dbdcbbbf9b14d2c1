/** A manager that is killed with SIGKILL between two steps: the next one neither loses nor doubles an instance. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { keys } from '../../src/platform/redis.js';
import { PlainParticipant } from '../browser/running-platform.js';
import { poll } from '../poll.js';
import { booksAgree, childrenOf } from './support/books.js';
import { allFaults } from './support/extent.js';
import { FaultStack } from './support/fault-stack.js';

const quick = ['after store.intend', 'after cluster.dispatch', 'before store.markStopped'];

/** Every call that changes something, and the moment between observing and acting. */
const changing = [
  ...['cluster.register', 'cluster.dispatch', 'cluster.stop'],
  ...['store.intend', 'store.claimDispatch', 'store.noteJob', 'store.markReady', 'store.leave', 'store.markStopped'],
  ...['queue.publish', 'queue.forgetOld'],
];
const all = [...changing.flatMap((call) => [`before ${call}`, `after ${call}`]), 'after store.view'];

describe('a manager that is killed', function () {
  this.timeout(180_000);
  let stack: FaultStack;
  let participant: PlainParticipant;
  let notebook: string;

  before(async () => {
    stack = await FaultStack.start();
    const { managers } = stack.parts;
    const manager = managers.start();
    participant = new PlainParticipant(stack.publicUrl);
    await participant.consent();
    notebook = await poll('an instance is assigned', () => participant.assigned(), 60);
    await booksAgree(stack, { ready: 2, leased: 1 });
    await managers.stop(manager);
  });
  after(() => stack?.stop());

  /** Work of every kind: a warm instance is to go, and another to come. */
  async function retireOne(): Promise<void> {
    const { database, redis } = stack.parts;
    const { rows } = await database.query<{ id: string }>(`select id from instances where state = 'ready' limit 1`);
    await redis.rpush(keys.old, rows[0]!.id);
  }

  for (const at of allFaults ? all : quick) {
    it(`${at}: the next one leaves no double and no leak, and no participant notices`, async () => {
      const { managers, nomad, job } = stack.parts;
      await retireOne();
      const killed = managers.start({ at });
      const [, signal] = (await once(killed, 'exit', { signal: AbortSignal.timeout(60_000) })) as [
        number | null,
        NodeJS.Signals | null,
      ];
      assert.equal(signal, 'SIGKILL');
      await managers.freeLock();
      const next = managers.start();
      await booksAgree(stack, { ready: 2, leased: 1 });
      await managers.stop(next);

      const dispatched = (await childrenOf(nomad.address, job)).map(({ instance }) => instance);
      assert.equal(new Set(dispatched).size, dispatched.length, 'an instance was dispatched twice');
      assert.equal(await participant.assigned(), notebook);
      assert.equal((await participant.request(`${notebook}api/kernels`)).status, 200);
    });
  }
});
