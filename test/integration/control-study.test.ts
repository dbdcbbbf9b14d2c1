/** A study's page and what can be done there, with participants who take part, on a real Postgres and Redis. */
import assert from 'node:assert/strict';
import { leave } from '../../src/participants/leave.js';
import { writePassReport } from '../../src/platform/pass-report.js';
import { PlainParticipant } from '../browser/running-platform.js';
import { forgetEverybody } from './old-people.js';
import { RunningWeb } from './running-web.js';
import { Staff } from './staff.js';
import { answer } from './way-in.js';

const PAGE = '/control/studies/crypto-api';

describe('the page of a study', function () {
  this.timeout(120_000);
  let web: RunningWeb;
  let researcher: Staff;
  before(async () => {
    web = await RunningWeb.start({ OBSERVATORY_NOMAD_UI: 'https://nomad.example/', NOMAD_NAMESPACE: 'observatory' });
    await web.withCaps({ perAddressAndDay: null });
    researcher = await Staff.with(web, 'rita', 'researcher', ['crypto-api']);
  });
  after(() => web?.stop());
  afterEach(async () => {
    await forgetEverybody(web);
    await web.database.query(`update studies set state = 'open', live_state = null`);
  });

  /** The cells of a table, row by row, by the row's attribute. */
  const rows = (page: string, attribute: string): Record<string, string> =>
    Object.fromEntries(
      [...page.matchAll(new RegExp(`<tr data-${attribute}="([^"]+)">(.*?)</tr>`, 'gs'))].map(([, key, row]) => [
        key!,
        [...row!.matchAll(/<td>([^<]*)<\/td>/g)].map(([, text]) => text).join(' '),
      ]),
    );
  const stateOf = async () => /data-test="state">(\w+)</.exec(await researcher.page(PAGE))![1];
  const audited = async () => {
    const { rows } = await web.database.query<{ line: string }>(
      `select concat_ws(' ', from_state, to_state, actor, reason) as line from audit
       where subject = 'study' and actor <> 'study add' order by id`,
    );
    return rows.map(({ line }) => line);
  };

  it('counts how far participants came, where they left, and how the conditions are filled', async () => {
    const people = Array.from({ length: 6 }, () => new PlainParticipant(web.address));
    for (const who of people.slice(0, 5)) await who.consent();
    await people[5]!.request('/consent?study=crypto-api');
    await web.makeReady(3);
    const [first, second] = people as [PlainParticipant, PlainParticipant];
    const path = (await first.assigned())!;
    await second.assigned();
    const headers = { 'content-type': 'application/json', 'x-observatory': '1' };
    assert.equal((await first.request(`${path}finish`, { method: 'POST', headers, body: '{"seq":0}' })).status, 200);
    const { rows: waiting } = await web.database.query<{ id: string }>(
      `select id from participants where state = 'waiting' limit 1`,
    );
    await leave(web.database, { participant: waiting[0]!.id, to: 'withdrawn', reason: 'test', actor: 'test' });
    const page = await researcher.page(PAGE);
    const { rows: now } = await web.database.query<{ state: string; count: number }>(
      'select state, count(*)::int as count from participants group by state',
    );
    const count = (state: string) => now.find((row) => row.state === state)?.count ?? 0;
    const working = count('working');
    assert.deepEqual(rows(page, 'step'), {
      arrived: '6 1 – – –',
      consented: '5 0 – – –',
      waiting: `5 ${count('waiting')} – 1 –`,
      working: `${working + 1} ${working} – – –`,
      finished: '1 1 – – –',
    });
    const { rows: cells } = await web.database.query<{ number: string; done: number; going: number; left: number }>(
      `select condition::text as number, count(*) filter (where state = 'finished')::int as done,
         count(*) filter (where state in ('waiting', 'working'))::int as going, count(*) filter (where state = 'withdrawn')::int as left
       from participants where condition is not null group by condition`,
    );
    const shown = rows(page, 'condition');
    assert.equal(Object.keys(shown).length, web.study.conditions.length);
    for (const { number, done, going, left } of cells) assert.equal(shown[number], `${done} ${going} – ${left}`);
    assert.match(page, /data-test="places">4 taken/);
  });

  it('pauses, closes and opens the study, after it has said what will happen', async () => {
    const visitor = () =>
      answer(new PlainParticipant(web.address).request('/?study=crypto-api', { headers: { accept: 'text/html' } }));
    for (const [from, to, seen] of [
      ['open', 'paused', '503 paused'],
      ['paused', 'closed', '410 closed'],
      ['closed', 'open', '200'],
    ] as const) {
      const asked = await researcher.page(`${PAGE}/state?to=${to}`);
      assert.match(asked, /<li>(Nobody can join any more|Whoever opens the study’s link can join)/);
      assert.equal(await stateOf(), from, 'asking alone changed the state');
      const done = await researcher.act(`${PAGE}/state`, { from, to });
      assert.deepEqual([done.status, done.headers.get('location')], [303, PAGE]);
      assert.equal(await stateOf(), to);
      assert.equal(await visitor(), seen);
    }
    assert.deepEqual((await audited()).slice(-3), ['open paused rita', 'paused closed rita', 'closed open rita']);
  });

  it('lets whoever is in go on while it is paused', async () => {
    await web.makeReady(1);
    const who = new PlainParticipant(web.address);
    await who.consent();
    await researcher.act(`${PAGE}/state`, { from: 'open', to: 'paused' });
    assert.match((await who.assigned())!, /^\/proxy\//);
  });

  it('changes nothing on an old page, or to what there is not', async () => {
    const before = await audited();
    const act = (form: Record<string, string>) => answer(researcher.act(`${PAGE}/state`, form));
    assert.equal(await act({ from: 'paused', to: 'open' }), '409 changed-meanwhile');
    assert.equal(await act({ from: 'open', to: 'draft' }), '409 no-such-change');
    assert.equal(await act({ from: 'open', to: 'open' }), '409 no-such-change');
    assert.equal(await act({ from: 'open' }), '409 no-such-change');
    const admin = await Staff.with(web, 'adam', 'admin');
    for (const path of ['/control/studies/unknown', '/control/studies/%00', '/control/studies/unknown/state'])
      assert.equal(await answer(admin.request(path, { headers: { accept: 'text/html' } })), '404 unknown-study');
    assert.equal(await answer(admin.act('/control/studies/unknown/state', { from: 'open' })), '404 unknown-study');
    const at = await Promise.all([1, 2, 3].map(() => act({ from: 'open', to: 'paused' })));
    assert.deepEqual(at.sort(), [`303 ${PAGE}`, '409 changed-meanwhile', '409 changed-meanwhile']);
    assert.equal((await audited()).length, before.length + 1);
  });

  it('says when the live settings keep another state in force', async () => {
    await web.database.query(`update studies set live_state = 'paused'`);
    const page = await researcher.page(PAGE);
    assert.match(
      page,
      /data-test="state">paused<\/strong>\s*The live settings say so, above its own state, which is open/,
    );
    await researcher.act(`${PAGE}/state`, { from: 'open', to: 'closed' });
    assert.equal(await stateOf(), 'paused');
    assert.equal((await audited()).at(-1), 'open closed rita not in force: the live settings say paused');
  });

  it('shows a viewer no buttons', async () => {
    const viewer = await Staff.with(web, 'vera', 'viewer', ['crypto-api']);
    assert.match(await researcher.page(PAGE), /data-test="to-paused"/);
    assert.doesNotMatch(await viewer.page(PAGE), /data-test="to-/);
  });

  it('leads to the job of its instances in Nomad', async () => {
    const pool = { profile: 'default', job: 'observatory-instance', version: 1, min: 2, max: 10, maxInstances: 200 };
    const counts = { target: 4, waiting: 0, booting: 0, ready: 0, leased: 0, retiring: 0, failed: 0 };
    await web.database.query(`update leadership set holder = 'infra-3/4711/0a1b2c3d'`);
    await writePassReport(web.database, 0, {
      ...{ milliseconds: 9, actions: {}, problems: [], drained: false },
      pools: [{ ...pool, ...counts }],
    });
    for (const path of [PAGE, '/control'])
      assert.match(
        await researcher.page(path),
        /href="https:\/\/nomad\.example\/ui\/jobs\/observatory-instance@observatory"/,
      );
  });

  it('counts 100,000 participants without reading their rows', async () => {
    await web.database.query(
      `insert into participants (id, study_id, token, state, condition, consented_at, queued_at, working_at)
       select lpad(n::text, 12, 'x'), 'crypto-api', lpad(n::text, 12, 'y'), 'finished', 1 + n % 4, now(), now(), now()
       from generate_series(1, 100000) n`,
    );
    await web.database.query('vacuum (analyze) participants');
    const start = performance.now();
    const page = await researcher.page(PAGE);
    console.log(`      the page took ${Math.round(performance.now() - start)} ms`);
    assert.equal(rows(page, 'step')['finished'], '100000 100000 – – –');
    const { rows: plan } = await web.database.query<{ 'QUERY PLAN': string }>(
      `explain (analyze, buffers) select state, condition, count(*), working_at is not null, queued_at is not null,
         consented_at is not null from participants where study_id = 'crypto-api' group by 1, 2, 4, 5, 6`,
    );
    const text = plan.map((line) => line['QUERY PLAN']).join('\n');
    assert.match(text, /Index Only Scan using participants_funnel/, text);
    assert.match(text, /Heap Fetches: 0/, text);
  });
});
