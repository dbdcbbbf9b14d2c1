/** What participants and strangers send to the web app, on a real Postgres and Redis. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Redis } from 'ioredis';
import { controlLink } from '../../src/cli/control-link.js';
import { publishStudy } from '../../src/participants/study-store.js';
import { writePassReport } from '../../src/platform/pass-report.js';
import { packageRoot } from '../../src/platform/root.js';
import { keys } from '../../src/platform/redis.js';
import { PlainParticipant } from '../browser/running-platform.js';
import type { RecordChoice } from '../../src/studies/recording.js';
import { RunningWeb, SECRET } from './running-web.js';

const json = { 'content-type': 'application/json', 'x-observatory': '1' };
const opened = { width: 1, height: 1, language: 'en', resumed: false };
const event = (seq: number, more: object = {}) => ({
  ...{ seq, type: seq === 1 ? 'open' : 'focus', at: '2026-11-24T12:00:00Z', clock: 0, page: 'p1' },
  ...{ task: null, cell: null, focusSeconds: 0, data: seq === 1 ? opened : {}, ...more },
});

describe('the web app', function () {
  this.timeout(300_000);
  let web: RunningWeb;
  before(async () => {
    web = await RunningWeb.start();
  });
  after(() => web?.stop());
  afterEach(async () => {
    await web.database.query('truncate events, snapshots, leases, participants, instances cascade');
    await web.database.query(`delete from counters where scope like 'address:%'`);
    await web.database.query('update counters set value = 0');
    await web.withCaps({});
  });

  const visitor = () => new PlainParticipant(web.address);
  const working = async (): Promise<{ who: PlainParticipant; path: string }> => {
    await web.makeReady(1);
    const who = visitor();
    await who.consent();
    const path = await who.assigned();
    assert.ok(path);
    return { who, path };
  };
  const post = (who: PlainParticipant, path: string, body: unknown) =>
    who.request(path, { method: 'POST', headers: json, body: typeof body === 'string' ? body : JSON.stringify(body) });

  /** The refusal is clear for its reader, logged once, and shows nothing of our insides. */
  async function refused(response: Promise<Response>, status: number, kind: 'page' | 'json'): Promise<void> {
    const before = web.lines.length;
    const answer = await response;
    const body = await answer.text();
    assert.equal(answer.status, status, body);
    assert.doesNotMatch(body, /\bat .*:\d+:\d+|node_modules|\.ts\b|select /);
    if (kind === 'json') assert.match((JSON.parse(body) as { message: string }).message, /\w+ \w+/);
    else assert.match(body, /<h1>[A-Z][^<]+<\/h1>\s*<p>[A-Z][^<]+\.<\/p>[^]*<code>[a-z-]+ [0-9a-f]{8}</);
    assert.ok(
      web.lines.slice(before).some((line) => line.level === 40 && line.status === status),
      'there is no line in the log',
    );
  }

  it('answers bad input with a clear page and a log line', async () => {
    const form = (fields: Record<string, string>, who = visitor()) =>
      who.request('/howTo', { method: 'POST', body: new URLSearchParams(fields) });
    await refused(visitor().request('/?study=unknown'), 404, 'page');
    await refused(visitor().request('/?study=%00'), 404, 'page');
    await refused(visitor().request('/?study=crypto-api&study=crypto-api'), 404, 'page');
    await refused(visitor().request('/nowhere'), 404, 'page');
    await refused(visitor().request('/?study=crypto-api&token=abc&token2=abc'), 400, 'page');
    await refused(visitor().request('/consent?study=crypto-api&token=%00aaaaaaaaaaa'), 400, 'page');
    await refused(form({ consent: 'age' }), 403, 'page');
    const arrived = visitor();
    await arrived.request('/consent?study=crypto-api');
    await refused(form({ consent: 'age' }, arrived), 400, 'page');
    await refused(form({}, arrived), 400, 'page');
    await refused(form({ consent: 'x'.repeat(70_000) }, arrived), 413, 'page');
    const { rows } = await web.database.query<{ state: string }>('select state from participants');
    assert.deepEqual(rows, [{ state: 'arrived' }]);
  });

  it('answers bad events with a clear JSON error and a log line', async () => {
    const { who, path } = await working();
    await refused(post(who, `${path}events`, '{"events":[{'), 400, 'json');
    await refused(post(who, `${path}events`, '"text"'), 400, 'json');
    await refused(post(who, `${path}events`, { events: [event(1, { page: '\0' })] }), 400, 'json');
    await refused(post(who, `${path}events`, { events: [event(1), event(3)] }), 400, 'json');
    await refused(post(who, `${path}events`, { events: [], padding: 'x'.repeat(13 << 20) }), 413, 'json');
    await refused(post(who, `${path}finish`, { seq: -1 }), 400, 'json');
    await refused(who.request(`${path}events`, { method: 'POST', body: '{}' }), 403, 'json');
    const plain = { ...json, 'content-type': 'text/plain' };
    await refused(who.request(`${path}events`, { method: 'POST', headers: plain, body: '{}' }), 415, 'json');
    await refused(post(visitor(), `${path}events`, { events: [event(1)] }), 401, 'json');
    await refused(post(who, '/proxy/%00/events', { events: [event(1)] }), 403, 'json');
    await refused(post(who, '/proxy/ffffffffffff/events', { events: [event(1)] }), 403, 'json');
  });

  it('gets the notebook page while its participant reads the consent form', async () => {
    const consent = await (await visitor().request('/consent?study=crypto-api')).text();
    const files = [...consent.matchAll(/<link rel="prefetch" href="([^"]+)">/g)].map(([, file]) => file!);
    assert.ok(
      files.some((file) => /^\/assets\/notebook\/notebook-\w+\.js$/.test(file)),
      String(files),
    );
    for (const file of files) {
      const answer = await visitor().request(file);
      assert.equal(answer.status, 200, file);
      assert.match(answer.headers.get('cache-control') ?? '', /max-age=[1-9]/);
    }
  });

  it('lists on the consent page what the study records, and nothing that it switches off', async () => {
    const listed = async (language: 'en' | 'de', off: Partial<RecordChoice>) => {
      await publishStudy(web.database, { ...web.study, language, record: { ...web.study.record, ...off } });
      const page = await (await visitor().request('/consent?study=crypto-api')).text();
      const list = /<ul data-test="recorded">(.*?)<\/ul>/s.exec(page)![1]!;
      return [...list.matchAll(/<li>(.*?)<\/li>/g)].map(([, words]) => words!);
    };
    const all = await listed('en', {});
    const some = await listed('en', { pastes: false, focus: false, window: false });
    assert.deepEqual(
      all.filter((words) => !some.includes(words)),
      [
        'the text that you paste into the code',
        'whether the page is in front of you, and for how long',
        'the size of the browser window',
      ],
    );
    assert.ok(some.includes('which task you scroll to') && some.some((words) => words.startsWith('every change')));
    const german = await listed('de', { scrolling: false });
    assert.equal(german.length, all.length - 1);
    assert.ok(
      german.includes('die Größe des Browserfensters') && !german.some((words) => /Aufgabe .* blättern/.test(words)),
    );
  });

  it('takes a forged or broken session for none', async () => {
    const { path } = await working();
    for (const cookie of [
      'observatory=abcdefghijkl',
      'observatory=abcdefghijkl; observatory.sig=x',
      'observatory=%00',
    ]) {
      const answer = await fetch(`${web.address}${path}notebook`, { headers: { cookie } });
      assert.equal(answer.status, 401);
    }
  });

  it('stores each event once and in order, and asks for what is missing', async () => {
    const { who, path } = await working();
    const send = async (events: unknown[]) => {
      const answer = await post(who, `${path}events`, { events });
      return [answer.status, ((await answer.json()) as { acknowledged: number }).acknowledged];
    };
    assert.deepEqual(await send([event(2)]), [409, 0]);
    const batch = [event(1), event(2, { type: 'run', data: { source: 'a\0b\ud800' } })];
    const twice = await Promise.all([send(batch), send(batch), send(batch)]);
    assert.deepEqual(twice, [
      [200, 2],
      [200, 2],
      [200, 2],
    ]);
    assert.deepEqual(await send([event(2), event(3)]), [200, 3]);
    assert.deepEqual(await send([event(4, { page: 'p2' })]), [409, 3]);
    assert.deepEqual(await send([event(4, { page: 'p2', type: 'open', data: opened })]), [200, 4]);
    assert.equal((await post(who, `${path}finish`, { seq: 5 })).status, 409);
    assert.equal((await post(who, `${path}finish`, { seq: 4 })).status, 200);
    assert.equal((await post(who, `${path}events`, { events: [event(5, { page: 'p2' })] })).status, 410);
    const { rows } = await web.database.query<{ seq: string; text: string | null }>(
      `select seq, data->>'source' as text from events order by seq`,
    );
    assert.deepEqual(
      rows.map(({ seq }) => Number(seq)),
      [1, 2, 3, 4],
    );
    assert.equal(rows[1]?.text, 'a\u2400b\ufffd');
  });

  it('passes no cap by one, and keeps the conditions in balance', async () => {
    await web.withCaps({ maxParticipants: 10 });
    const all = await Promise.allSettled(Array.from({ length: 25 }, () => visitor().consent()));
    assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 10);
    const { rows } = await web.database.query<{ count: number }>(
      `select count(*)::int as count from participants where condition is not null group by condition`,
    );
    const counts = rows.map(({ count }) => count);
    assert.equal(counts.length, 4);
    assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, String(counts));
    await web.withCaps({ maxParticipants: null, perAddressAndDay: 12 });
    const more = await Promise.allSettled(Array.from({ length: 9 }, () => visitor().consent()));
    assert.equal(more.filter(({ status }) => status === 'fulfilled').length, 2);
  });

  it('serves the line first come, first served, whatever Redis holds', async () => {
    const waiting = Array.from({ length: 6 }, visitor);
    for (const who of waiting) await who.consent();
    const redis = new Redis(web.services.environment['REDIS_URL']!);
    await redis.rpush(keys.queued, 'x', '|||', 'name|||', 'name|||ffffffffffff', 'ü|||\0', '');
    for (const [index, who] of waiting.entries()) {
      const [id] = await web.makeReady(1);
      await redis.rpush(keys.queued, `job|||${id}`);
      // The last in the line asks, the first gets it.
      assert.equal(await waiting.at(-1)!.assigned(), index === waiting.length - 1 ? `/proxy/${id}/` : undefined);
      assert.equal(await who.assigned(), `/proxy/${id}/`);
    }
    redis.disconnect();
  });

  it('shows an operator the problems, who leads and the pools, and nobody else', async () => {
    const operator = visitor();
    assert.equal((await operator.request('/control')).status, 401);
    await operator.request(controlLink('', SECRET));
    const page = async () => (await operator.request('/control')).text();
    assert.match(
      await page(),
      /Nobody leads: no manager has made a pass yet\. Start <code>observatory manager<\/code>/,
    );
    await web.makeReady(2);
    const pool = { profile: 'default', job: 'observatory-instance', version: 1, min: 2, max: 10, maxInstances: 200 };
    const counts = { target: 4, waiting: 0, booting: 0, ready: 0, leased: 0, retiring: 0, failed: 0 };
    const report = { milliseconds: 9, actions: {}, problems: ['A <b>node</b> is full.'], drained: false };
    await web.database.query(`update leadership set holder = 'infra-3/4711/0a1b2c3d'`);
    await writePassReport(web.database, 0, { ...report, pools: [{ ...pool, ...counts }] });
    const told = await page();
    assert.match(told, /1 problem<.*A &lt;b&gt;node&lt;\/b&gt; is full\./s);
    assert.match(told, /process 4711 on infra-3/);
    assert.match(told, /default<\/th>\s*<td>4<\/td><td>2<\/td><td>0<\/td>/);
  });

  it('gives a participant who posts twice at once one lease', async () => {
    await web.makeReady(3);
    const who = visitor();
    await who.consent();
    await Promise.all([who.assigned(), who.assigned(), visitorPostsAgain(who)]);
    const { rowCount } = await web.database.query('select from leases');
    assert.equal(rowCount, 1);
  });

  it('does not live on half when one of its addresses is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const environment = {
      ...process.env,
      ...web.services.environment,
      OBSERVATORY_SECRET: 'x'.repeat(32),
      OBSERVATORY_PUBLIC_URL: 'http://127.0.0.1',
      OBSERVATORY_LISTEN: '127.0.0.1:0',
      OBSERVATORY_GATE_LISTEN: `127.0.0.1:${(taken.address() as AddressInfo).port}`,
    };
    const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', 'web'], {
      cwd: packageRoot,
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit') as Promise<[number]>]);
    taken.close();
    assert.equal(code, 1);
    assert.match(said, /EADDRINUSE/);
  });

  const visitorPostsAgain = (who: PlainParticipant) =>
    who.request('/howTo', { method: 'POST', body: new URLSearchParams({ consent: 'age' }) });
});
