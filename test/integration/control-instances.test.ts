/** The instances on the control pages, and giving one up, on a real Postgres and Redis. */
import assert from 'node:assert/strict';
import { Redis } from 'ioredis';
import { publishStudy } from '../../src/participants/study-store.js';
import { keys } from '../../src/platform/redis.js';
import { PlainParticipant } from '../browser/running-platform.js';
import { poll } from '../poll.js';
import { RunningWeb } from './running-web.js';
import { Staff } from './staff.js';

const UNKNOWN = 'ffffffffffff';

describe('the instances on the control pages', function () {
  this.timeout(180_000);
  let web: RunningWeb;
  let redis: Redis;
  let admin: Staff;
  let researcher: Staff;
  let viewer: Staff;
  before(async () => {
    web = await RunningWeb.start();
    await web.withCaps({ perAddressAndDay: null });
    await publishStudy(web.database, { ...web.study, id: 'another' });
    redis = new Redis(web.services.environment['REDIS_URL']!);
    admin = await Staff.with(web, 'ada', 'admin');
    researcher = await Staff.with(web, 'rita', 'researcher', ['crypto-api']);
    viewer = await Staff.with(web, 'vera', 'viewer', ['crypto-api']);
  });
  after(async () => {
    redis?.disconnect();
    await web?.stop();
  });
  afterEach(async () => {
    await web.database.query('truncate events, snapshots, leases, participants, instances, audit cascade');
    await web.database.query('update counters set value = 0');
    await redis.del(keys.old);
  });

  const state = async (id: string) =>
    (await web.database.query<{ state: string }>('select state from instances where id = $1', [id])).rows[0]?.state;
  const people = async () =>
    (await web.database.query<{ state: string }>('select state from participants order by number')).rows.map(
      (row) => row.state,
    );
  const audited = async () =>
    (
      await web.database.query<{ line: string }>(
        `select concat_ws(' ', subject, from_state, to_state, actor, reason) as line from audit where subject <> 'user' and actor in ('ada', 'rita') order by id`,
      )
    ).rows.map(({ line }) => line);
  const path = (id: string, way = '') => `/control/instances/${id}${way && `/${way}`}`;
  const listed = (page: string) => [...page.matchAll(/<tr data-id="([0-9a-f]{12})"/g)].map(([, id]) => id!);
  const outcome = async (response: Response) =>
    [response.status, /data-code="([^"]*)"/.exec(await response.text())?.[1]].filter(Boolean).join(' ');

  async function working(): Promise<{ who: PlainParticipant; id: string }> {
    await web.makeReady(1);
    const who = new PlainParticipant(web.address);
    await who.consent();
    const at = await who.assigned();
    assert.ok(at);
    return { who, id: at.split('/')[2]! };
  }

  it('defect 14: never give up an id that is empty, `error` or unknown, and never say stopped before it is', async () => {
    const [ready] = (await web.makeReady(1)) as [string];
    for (const way of ['retire', 'replace']) {
      for (const id of [
        'error',
        UNKNOWN,
        '%20',
        'null',
        'undefined',
        ready.toUpperCase().replace(/0/, 'G'),
        `${ready}%00`,
      ]) {
        assert.equal(
          await outcome(await admin.request(path(id, way), { headers: { accept: 'text/html' } })),
          '404 unknown-instance',
          id,
        );
        assert.equal(await outcome(await admin.act(path(id, way), { from: 'ready' })), '404 unknown-instance', id);
      }
      assert.equal((await admin.act(`/control/instances//${way}`, { from: 'ready' })).status, 404);
    }
    assert.equal(await redis.llen(keys.old), 0);
    assert.deepEqual(await audited(), []);
    assert.equal(await state(ready), 'ready');
    assert.equal(await outcome(await admin.act(path(ready, 'retire'), { from: 'ready' })), '303');
    assert.equal(await state(ready), 'retiring');
    await poll('the manager to be told', async () => ((await redis.llen(keys.old)) === 1 ? true : undefined), 10);
    assert.deepEqual(await redis.lrange(keys.old, 0, -1), [ready]);
    assert.deepEqual(await audited(), ['instance ready retiring ada retired by ada']);
    // Sent again, as by a double click.
    assert.equal(await outcome(await admin.act(path(ready, 'retire'), { from: 'ready' })), '409 changed-meanwhile');
    assert.equal((await audited()).length, 1);
  });

  it('replace one: its participant gets the next that is ready, with the old place in the line', async () => {
    const { who, id } = await working();
    const before = (await web.database.query('select queued_at from participants')).rows;
    assert.match(await researcher.page(path(id, 'replace')), /gets another instance/);
    assert.equal(await outcome(await researcher.act(path(id, 'replace'), { from: 'leased' })), '303');
    assert.deepEqual([await state(id), await people()], ['retiring', ['waiting']]);
    assert.deepEqual((await web.database.query('select queued_at from participants')).rows, before);
    assert.equal((await who.request(`/proxy/${id}/place`)).status, 200);
    const [next] = await web.makeReady(1);
    assert.equal(await who.assigned(), `/proxy/${next}/`);
    const reason = `instance ${id} was replaced by rita`;
    assert.deepEqual(await audited(), [
      `participant working waiting rita ${reason}`,
      `instance leased retiring rita ${reason}`,
    ]);
    const page = await viewer.page(path(id));
    assert.match(page, new RegExp(reason));
  });

  it('retire one: its participant has abandoned the study, and can come back to their work', async () => {
    const { who, id } = await working();
    assert.equal(await outcome(await researcher.act(path(id, 'retire'), { from: 'leased' })), '303');
    assert.deepEqual([await state(id), await people()], ['retiring', ['abandoned']]);
    assert.equal((await who.request(`/proxy/${id}/`)).status, 302);
    assert.equal(await outcome(await researcher.act(path(id, 'retire'), { from: 'leased' })), '409 changed-meanwhile');
  });

  it('change nothing when the instance is not as it was seen', async () => {
    const { id } = await working();
    assert.equal(await outcome(await admin.act(path(id, 'retire'), { from: 'ready' })), '409 changed-meanwhile');
    assert.equal(await outcome(await admin.act(path(id, 'replace'))), '409 changed-meanwhile');
    const [ready] = (await web.makeReady(1)) as [string];
    assert.equal(await outcome(await admin.act(path(ready, 'replace'), { from: 'ready' })), '409 changed-meanwhile');
    assert.deepEqual([await state(id), await state(ready), await people()], ['leased', 'ready', ['working']]);
    assert.deepEqual(await audited(), []);
  });

  it('are of whom they may see: those of other studies are not there, those of the pool only an admin retires', async () => {
    const [idle] = (await web.makeReady(1)) as [string];
    assert.equal(await outcome(await researcher.act(path(idle, 'retire'), { from: 'ready' })), '403 role-needed');
    assert.doesNotMatch(await researcher.page(path(idle)), /data-test="retire"/);
    const theirs = '00000000bb01';
    await web.database.query(
      `insert into instances (id, profile, state, study_id, job_id, ready_at) values ($1, 'default', 'leased', 'another', 'a', now())`,
      [theirs],
    );
    assert.deepEqual(listed(await viewer.page('/control/instances')), [idle]);
    assert.deepEqual(listed(await admin.page('/control/instances')).sort(), [idle, theirs].sort());
    for (const who of [viewer, researcher])
      assert.equal(
        await outcome(await who.request(path(theirs), { headers: { accept: 'text/html' } })),
        '404 unknown-instance',
      );
    assert.equal(
      await outcome(await researcher.act(path(theirs, 'retire'), { from: 'leased' })),
      '404 unknown-instance',
    );
  });

  it('come in pages, the newest first, each once, also those made in the same microsecond', async () => {
    await web.database.query(
      `insert into instances (id, profile, state, reason, created_at, stopped_at)
       select lpad(to_hex(n), 12, '0'), 'default', case when n % 3 = 0 then 'failed' else 'stopped' end, 'why ' || n,
         now() - (n / 7) * interval '1 minute', now() from generate_series(1, 130) n`,
    );
    const walk = async (first: string) => {
      const pages: string[][] = [];
      for (let at: string | undefined = first; at !== undefined;) {
        const page: string = await viewer.page(at);
        pages.push(listed(page));
        at = /href="([^"]*)" rel="next"/.exec(page)?.[1]?.replaceAll('&amp;', '&');
      }
      return pages;
    };
    const all = await walk('/control/instances?state=all');
    assert.deepEqual(
      all.map((page) => page.length),
      [50, 50, 30],
    );
    assert.equal(new Set(all.flat()).size, 130);
    const { rows } = await web.database.query<{ id: string }>(
      'select id from instances order by created_at desc, id desc',
    );
    assert.deepEqual(
      all.flat(),
      rows.map(({ id }) => id),
    );
    assert.equal((await walk('/control/instances?state=failed')).flat().length, 43);
    assert.deepEqual(await walk('/control/instances'), [[]]);
    for (const odd of ['after=x', 'after=2026-99-99T00:00:00.000000Z_000000000001', 'state=made-up', 'after=a&after=b'])
      assert.equal((await viewer.request(`/control/instances?${odd}`)).status, 200, odd);
  });

  it('show what Nomad said as text, whatever it said', async () => {
    const hostile = '<script>alert(1)</script><img src=x onerror=alert(2)>';
    await web.database.query(
      `insert into instances (id, profile, state, reason, node, job_id) values ('00000000cc01', 'default', 'failed', $1, $1, $1)`,
      [hostile],
    );
    for (const address of ['/control/instances', path('00000000cc01')]) {
      const page = await admin.page(address);
      assert.ok(page.includes('&lt;script&gt;alert(1)'));
      assert.doesNotMatch(page, /<script>alert|<img/);
    }
  });

  it('say what this page does not know of, and lead to who does', async () => {
    const [id] = (await web.makeReady(1)) as [string];
    assert.match(await viewer.page(path(id)), /has no access to Nomad[^]*nomad job status job-/);
  });
});
