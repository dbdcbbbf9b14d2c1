import assert from 'node:assert/strict';
import { once } from 'node:events';
import { keys, openRedis } from '../../src/platform/redis.js';
import { endProcess, eventually, ManagerStack, POOL } from './manager-stack.js';

describe('a manager that is killed', function () {
  // Consul frees the lock of a killed manager after up to 20 s; the first run downloads the parts.
  this.timeout(600_000);
  let stack: ManagerStack;

  before(async () => {
    stack = await ManagerStack.start();
  });
  after(async () => {
    await stack.stop();
  });

  const poolIsFull = async () => {
    const rows = await stack.rows();
    return rows.length === POOL && rows.every(({ state }) => state === 'ready');
  };

  async function emptyPool(): Promise<void> {
    const redis = openRedis(stack.environment.REDIS_URL ?? '', () => undefined);
    await once(redis, 'ready');
    const old = (await stack.rows()).map(({ id }) => id);
    if (old.length > 0) await redis.rpush(keys.old, ...old);
    redis.disconnect();
  }

  for (const step of ['intent', 'dispatch', 'ready']) {
    it(`just after the ${step}: the next one fills the pool, without double or leak`, async () => {
      await emptyPool();
      const killed = stack.manager(step);
      const [, signal] = (await once(killed, 'exit')) as [number | null, NodeJS.Signals | null];
      assert.equal(signal, 'SIGKILL');

      const term = await stack.term();
      const next = stack.manager('never');
      try {
        await eventually('the next manager leads', async () => (await stack.term()) > term);
        await eventually('the pool is full', poolIsFull);
        await eventually('children of the parent are the live rows', async () => {
          const rows = (await stack.rows()).map(({ id, jobId }) => `${jobId} ${id}`).sort();
          const children = (await stack.runningChildren()).map(({ id, jobId }) => `${jobId} ${id}`).sort();
          return rows.length === POOL && rows.join() === children.join();
        });
      } finally {
        await endProcess(next, 'SIGTERM');
      }
    });
  }

  it('keeps the keys of Redis, and a FLUSHALL is undone', async () => {
    const redis = openRedis(stack.environment.REDIS_URL ?? '', () => undefined);
    await once(redis, 'ready');
    const manager = stack.manager('never');
    const asExpected = async () => {
      const expected = (await stack.rows()).map(({ id, jobId }) => `${jobId}|||${id}`).sort();
      const queued = (await redis.lrange(keys.queued, 0, -1)).sort();
      return expected.length === POOL && queued.join() === expected.join() && (await redis.get(keys.booting)) === '0';
    };
    try {
      await eventually('the keys', asExpected);
      await redis.flushall();
      await eventually('the keys again', asExpected, 10);
      await redis.rpush(keys.old, 'error', '', (await stack.rows())[0]?.id ?? '');
      await eventually(
        'oldInstances is done with',
        async () => (await redis.llen(keys.old)) === 0 && (await poolIsFull()),
      );
      const { rows } = await stack.database.query(
        `select from instances where state = 'stopped' and reason = 'it is in oldInstances'`,
      );
      assert.ok(rows.length >= 1);
    } finally {
      await endProcess(manager, 'SIGTERM');
      redis.disconnect();
    }
  });
});
