/** What a web process tells Prometheus, on a real Postgres and Redis, of participants who come and work. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PlainParticipant } from '../browser/running-platform.js';
import { poll } from '../poll.js';
import { RunningWeb } from './running-web.js';
import { Typist } from './typist.js';
import { giveConsent, toConsent, withEntry } from './way-in.js';

type Samples = Readonly<Record<string, number>>;

describe('the metrics of the web app', function () {
  this.timeout(180_000);
  let web: RunningWeb;
  /** Plays the captcha service and a token service. */
  let service: Server;
  let says: { status: number; body: string };
  before(async () => {
    service = createServer((_, response) => response.writeHead(says.status).end(says.body)).listen(0, '127.0.0.1');
    await once(service, 'listening');
    web = await RunningWeb.start({
      ...{ OBSERVATORY_WEB_METRICS_LISTEN: '127.0.0.1:0', OBSERVATORY_CAPTCHA: 'turnstile' },
      ...{ OBSERVATORY_CAPTCHA_SITE_KEY: 'site', OBSERVATORY_CAPTCHA_SECRET: 'secret' },
      OBSERVATORY_CAPTCHA_VERIFY_URL: address(),
    });
  });
  beforeEach(() => withEntry(web, { captcha: false }));
  after(async () => {
    await web?.stop();
    service.close();
    service.closeAllConnections();
  });
  const address = () => `http://127.0.0.1:${(service.address() as AddressInfo).port}/`;
  afterEach(async () => {
    await web.database.query('truncate events, snapshots, leases, participants, instances cascade');
    await web.database.query('update counters set value = 0');
  });

  const page = async (): Promise<string> => (await fetch(`${web.metricsAddress}/metrics`)).text();

  /** Samples by name and labels, without the prefix. */
  async function scrape(): Promise<Samples> {
    const lines = (await page()).split('\n').filter((line) => line.startsWith('observatory_web_'));
    return Object.fromEntries(
      lines.map((line) => {
        const [name = '', value] = line.replace('observatory_web_', '').split(/ (?=[^ ]+$)/);
        return [name, Number(value)];
      }),
    );
  }

  /** What more is told after `work` than before. */
  async function more(work: () => Promise<unknown>): Promise<(name: string) => number> {
    const before = await scrape();
    await work();
    const after = await scrape();
    return (name) => (after[name] ?? 0) - (before[name] ?? 0);
  }

  async function working(): Promise<Typist> {
    await web.makeReady(1);
    const who = new PlainParticipant(web.address);
    await who.consent();
    return Typist.at(who, await who.assigned());
  }

  it('stand on a listener of their own: what participants reach has none', async () => {
    assert.equal((await fetch(`${web.metricsAddress}/healthz`)).status, 200);
    for (const address of [web.address, web.gateAddress]) {
      for (const path of ['/metrics', '/metrics/', '/control/metrics'])
        assert.notEqual((await fetch(address + path)).status, 200, address + path);
    }
  });

  it('count requests by the pattern of their route, never by what somebody asked for', async () => {
    const { who, path } = await working();
    const told = await more(async () => {
      await who.request(`${path}notebook`);
      await who.request('/proxy/ffffffffffff/notebook');
      await fetch(`${web.address}/made-up/by-a-stranger`);
      await fetch(`${web.address}/made-up/too`, { method: 'PROPFIND' });
    });
    assert.equal(told('requests_total{method="GET",route="/proxy/:id/notebook",outcome="ok"}'), 1);
    assert.equal(told('requests_total{method="GET",route="/proxy/:id/notebook",outcome="refused"}'), 1);
    assert.equal(told('requests_total{method="GET",route="none",outcome="refused"}'), 1);
    assert.equal(told('requests_total{method="other",route="none",outcome="refused"}'), 1);
    assert.equal(told('request_seconds_count{route="/proxy/:id/notebook"}'), 2);
  });

  it('count claims with their waits, and tell who waits', async () => {
    const who = new PlainParticipant(web.address);
    const study = '{study="crypto-api"}';
    await who.consent();
    await web.database.query(`update participants set queued_at = queued_at - interval '40 s'`);
    const waiting = await scrape();
    assert.deepEqual([waiting[`waiting_participants${study}`], waiting[`working_participants${study}`]], [1, 0]);
    assert.equal(Math.floor(waiting[`longest_wait_seconds${study}`]! / 10), 4);
    await web.makeReady(1);
    const told = await more(() => who.assigned());
    assert.equal(told('claim_wait_seconds_count'), 1);
    assert.equal(Math.floor(told('claim_wait_seconds_sum') / 10), 4);
    const served = await scrape();
    assert.deepEqual([served[`waiting_participants${study}`], served[`working_participants${study}`]], [0, 1]);
    assert.equal(served[`longest_wait_seconds${study}`], 0);
  });

  it('count the wait of whoever lost an instance from then on, not from when they came', async () => {
    const { who } = await working();
    await web.database.query(`update participants set state = 'waiting', queued_at = queued_at - interval '2 h'`);
    await web.database.query(`update leases set ended_at = now(), end_reason = 'the instance died'`);
    await web.makeReady(1);
    const told = await more(() => who.assigned());
    assert.equal(told('claim_wait_seconds_count'), 1);
    assert.ok(told('claim_wait_seconds_sum') < 60);
  });

  it('count events that are stored, sent again, kept apart and refused, and what is lost', async () => {
    const who = await working();
    const [open, one, two] = [
      who.event('open', { width: 1, height: 1, language: 'en', resumed: false }),
      who.event('focus', {}),
      who.event('focus', {}),
    ];
    const became = (what: string) => `events_total{became="${what}"}`;
    const stored = await more(() => who.send(open, one));
    assert.deepEqual(['stored', 'duplicate'].map(became).map(stored), [2, 0]);
    const again = await more(() => who.send(open, one, two));
    assert.deepEqual(['stored', 'duplicate'].map(became).map(again), [1, 2]);
    const after = { ...two, seq: 9 };
    const gap = await more(() => who.post('events', { events: [after] }));
    assert.deepEqual(['stored', 'gap'].map(became).map(gap), [0, 1]);
    const other = await more(() => who.post('events', { events: [{ ...two, seq: 4, page: 'p9' }] }));
    assert.deepEqual(['stored', 'apart'].map(became).map(other), [0, 1]);
    await who.send({ ...two, seq: 4, type: 'lost', data: { count: 5 } });
    const loss = await scrape();
    const kinds = ['lost', 'missing', 'strays'].map((kind) => loss[`record_loss{study="crypto-api",kind="${kind}"}`]);
    assert.deepEqual(kinds, [5, 0, 1]);
  });

  it('count the answers of the gate', async () => {
    const { who, path } = await working();
    const ask = (cookie: string, uri: string) =>
      fetch(`${web.gateAddress}/gate`, { headers: { cookie, 'x-forwarded-uri': uri } });
    const told = await more(async () => {
      assert.equal((await ask(who.cookie, `${path}api/kernels`)).status, 200);
      assert.equal((await ask(who.cookie, '/proxy/ffffffffffff/api/kernels')).status, 403);
      assert.equal((await ask('', `${path}api/kernels`)).status, 401);
    });
    const answers = ['let-in', 'not-yours', 'no-session'].map((answer) =>
      told(`gate_answers_total{answer="${answer}"}`),
    );
    assert.deepEqual(answers, [1, 1, 1]);
    assert.equal(told('gate_seconds_count'), 3);
  });

  it('count what the captcha service said, and when it says nothing', async () => {
    await withEntry(web, {});
    const check = async (status: number, body: string) => {
      says = { status, body };
      const who = await toConsent(web, '/?study=crypto-api');
      await giveConsent(who, { 'cf-turnstile-response': `a token of ${status} ${body.length}` });
    };
    const told = await more(async () => {
      await check(200, '{"success":false}');
      await check(500, 'away');
      await check(200, '{"success":true}');
    });
    const verdicts = ['passed', 'failed', 'down'].map((verdict) => told(`captcha_checks_total{verdict="${verdict}"}`));
    assert.deepEqual(verdicts, [1, 1, 1]);
  });

  it('count what token services said, and when they say nothing', async () => {
    const tokenService = { check: `${address()}check/`, used: `${address()}used/` };
    await withEntry(web, { captcha: false, by: ['token-service'], tokenService });
    const link = '/?study=crypto-api&token=aaaaaaaaaaaa&token2=bbbbbbbbbbbb';
    const visit = async (status: number, body: string) => {
      says = { status, body };
      await new PlainParticipant(web.address).request(link);
    };
    const told = await more(async () => {
      await visit(200, 'Expired');
      await visit(200, 'Invalid');
      await visit(500, 'away');
      says = { status: 200, body: 'Valid' };
      assert.equal((await giveConsent(await toConsent(web, link))).status, 303);
      const used = 'token_service_questions_total{question="used",answer="told"}';
      await poll('the service to be told', async () => (await scrape())[used], 10);
    });
    const of = (question: string, answer: string) =>
      `token_service_questions_total{question="${question}",answer="${answer}"}`;
    const checks = ['valid', 'invalid', 'expired', 'down'].map((answer) => told(of('check', answer)));
    assert.deepEqual(checks, [3, 1, 1, 1]);
    assert.deepEqual([told(of('used', 'told')), told(of('used', 'down'))], [1, 0]);
  });

  it('name no participant, no instance and no token', async () => {
    const { who, instance } = await working();
    await who.request(`/getcode/${who.cookies.get('observatory')}`);
    const all = await page();
    const { rows } = await web.database.query<{ id: string; token: string }>('select id, token from participants');
    for (const secret of [instance, ...rows.flatMap(({ id, token }) => [id, token])]) assert.ok(!all.includes(secret));
  });

  it('go on without Postgres, and say that it does not answer', async () => {
    assert.equal((await scrape())['database_answers'], 1);
    await web.database.query('alter table studies rename to hidden');
    try {
      const without = await scrape();
      assert.equal(without['database_answers'], 0);
      assert.equal(without['waiting_participants{study="crypto-api"}'], undefined);
      const ready = await fetch(`${web.address}/readyz`);
      assert.deepEqual([ready.status, await ready.json()], [503, { ok: false, database: false }]);
      const healthy = await fetch(`${web.address}/healthz`);
      assert.deepEqual([healthy.status, await healthy.json()], [200, { ok: true }]);
    } finally {
      await web.database.query('alter table hidden rename to studies');
    }
    assert.equal((await scrape())['database_answers'], 1);
    const ready = await fetch(`${web.address}/readyz`);
    assert.deepEqual([ready.status, await ready.json()], [200, { ok: true, database: true }]);
  });
});
