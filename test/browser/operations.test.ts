/** What operators and attackers do to a running system, through Traefik and Redis as they would. */
import assert from 'node:assert/strict';
import { Redis } from 'ioredis';
import { controlLink } from '../../src/cli/control-link.js';
import { keys } from '../../src/platform/redis.js';
import { eventually, PlainParticipant, type RunningPlatform, startPlatform } from './running-platform.js';

describe('a running system', function () {
  this.timeout(180_000);
  let platform: RunningPlatform;
  let redis: Redis;

  before(async () => {
    platform = await startPlatform(2);
    redis = new Redis(platform.stack.environment['REDIS_URL']!);
    await poolIsFull();
  });
  after(async () => {
    redis?.disconnect();
    await platform?.stop();
  });

  const readyIds = async (): Promise<string[]> => {
    const { rows } = await platform.database.query<{ id: string }>(
      `select id from instances where state = 'ready' order by id`,
    );
    return rows.map(({ id }) => id);
  };
  const poolIsFull = () =>
    eventually('the pool is full and in Redis', async () => {
      const [ready, queued] = [await readyIds(), await redis.lrange(keys.queued, 0, -1)];
      return ready.length === 2 && queued.length === 2 ? queued : undefined;
    });
  const participant = () => new PlainParticipant(platform.stack.publicUrl);
  const withNotebook = async (): Promise<{ who: PlainParticipant; path: string }> => {
    const who = participant();
    await who.consent();
    return { who, path: await eventually('an instance is assigned', () => who.assigned()) };
  };

  it('shows the warm instances in Redis as name|||id, and how many are booting', async () => {
    const queued = await poolIsFull();
    for (const entry of queued)
      assert.match(entry, /^observatory-instance-[0-9a-f]+\/dispatch-[^|]+\|\|\|[0-9a-f]{12}$/);
    assert.deepEqual(queued.map((entry) => entry.split('|||')[1]).sort(), await readyIds());
    assert.match((await redis.get(keys.booting)) ?? '', /^\d+$/);
  });

  it('stops an instance whose id is pushed to oldInstances, and fills the pool again', async () => {
    const [id] = await readyIds();
    await redis.rpush(keys.old, 'error', '', id!);
    await eventually('the instance is stopped', async () => {
      const { rowCount } = await platform.database.query(`select from instances where id = $1 and state = 'stopped'`, [
        id,
      ]);
      return rowCount === 1 ? true : undefined;
    });
    await eventually('the list is empty', async () => ((await redis.llen(keys.old)) === 0 ? true : undefined));
    assert.ok(!(await poolIsFull()).some((entry) => entry.endsWith(id!)));
  });

  it('lets nobody but the holder of the lease reach an instance', async () => {
    const [first, second] = [await withNotebook(), await withNotebook()];
    const api = (path: string): string => `${path}api/kernels`;
    const own = await eventually('the own kernels', async () => {
      const response = await first.who.request(api(first.path));
      return response.status === 200 ? await response.json() : undefined;
    });
    assert.ok(Array.isArray(own));
    assert.equal((await second.who.request(api(first.path))).status, 403);
    assert.equal((await participant().request(api(first.path))).status, 401);
    assert.equal((await first.who.request('/proxy/000000000000/api/kernels')).status, 403);
    assert.equal((await participant().request('/proxy/000000000000/api/kernels')).status, 401);
    for (const closed of ['api/contents', 'api/terminals', 'api/shutdown']) {
      assert.equal((await first.who.request(`${first.path}${closed}`)).status, 403, closed);
    }
    // Jupyter's version, which Consul's check reads, has no route: what nobody serves is not found.
    assert.equal((await first.who.request(`${first.path}api`)).status, 404);
    const foreign = await first.who.request(api(first.path), { headers: { origin: 'https://elsewhere.example' } });
    assert.equal(foreign.status, 403);
  });

  it('has no way to the gate for clients, whatever headers they send', async () => {
    const { who, path } = await withNotebook();
    const forged = { 'x-forwarded-uri': `${path}api/kernels`, 'x-forwarded-host': new URL(who.publicUrl).host };
    for (const address of ['/gate', '/gate/', '//gate', '/gate?x', '/proxy/../gate']) {
      const response = await who.request(address, { headers: forged });
      assert.ok([400, 404].includes(response.status), `${address} is answered with ${response.status}`);
      assert.equal(response.headers.get('authorization'), null);
    }
  });

  it('shows operators the pool, and nobody else', async () => {
    const link = new URL(controlLink(platform.stack.publicUrl, platform.stack.environment['OBSERVATORY_SECRET']!));
    const operator = participant();
    assert.equal((await operator.request('/control')).status, 401);
    assert.equal((await operator.request('/control?key=guessed')).status, 401);
    const entered = await operator.request(link.pathname + link.search);
    assert.deepEqual([entered.status, entered.headers.get('location')], [303, '/control']);
    const page = await (await operator.request('/control')).text();
    assert.match(page, /data-test="instances"/);
  });

  it('loses nobody when Redis is wiped while participants arrive, and has its keys back', async () => {
    const arrivals = Array.from({ length: 4 }, async () => {
      const who = participant();
      await who.consent();
      await redis.flushall();
      return eventually('an instance is assigned', () => who.assigned(), 60);
    });
    const paths = await Promise.all(arrivals);
    assert.equal(new Set(paths).size, paths.length);
    await redis.flushall();
    await poolIsFull();
    assert.notEqual(await redis.get(keys.booting), null);
  });
});
