/** Pausing and opening a study live, as the web app's visitors see it, on a real Postgres. */
import assert from 'node:assert/strict';
import { applyStudyStates } from '../../src/participants/study-state.js';
import { publishStudy } from '../../src/participants/study-store.js';
import { PlainParticipant } from '../browser/running-platform.js';
import { RunningWeb } from './running-web.js';

describe('a study that is paused live', function () {
  this.timeout(300_000);
  let web: RunningWeb;
  let term: number;
  before(async () => {
    web = await RunningWeb.start();
  });
  after(() => web?.stop());
  beforeEach(async () => {
    const { rows } = await web.database.query<{ term: number }>(
      'update leadership set term = term + 1 returning term::float8 as term',
    );
    term = rows[0]!.term;
  });
  afterEach(async () => {
    await apply({});
    await web.database.query('truncate events, snapshots, leases, participants, instances, audit cascade');
    await web.database.query('update counters set value = 0');
    await web.database.query(`update studies set state = 'closed' where id = 'second'`);
  });

  const visitor = () => new PlainParticipant(web.address);
  const apply = (states: Record<string, 'open' | 'paused'>) => applyStudyStates(web.database, term, states);
  const paused = { 'crypto-api': 'paused' } as const;
  const audit = async () => {
    const { rows } = await web.database.query<Record<string, string>>(
      `select subject_id, from_state, to_state, actor, reason from audit
       where subject = 'study' and actor = 'manager' order by id`,
    );
    return rows;
  };
  const takesABreak = async (response: Response) => {
    assert.equal(response.status, 503);
    assert.match(await response.text(), /data-code="paused"[^]*<h1>This study is taking a break/);
  };

  it('refuses newcomers at every step of the way in', async () => {
    const reading = visitor();
    await reading.request('/consent?study=crypto-api');
    await apply(paused);
    await takesABreak(await visitor().request('/?study=crypto-api'));
    await takesABreak(await visitor().request('/'));
    await takesABreak(await visitor().request('/consent?study=crypto-api'));
    const consent = new URLSearchParams(web.study.consentBoxes.map(({ id }): [string, string] => ['consent', id]));
    await takesABreak(await reading.request('/howTo', { method: 'POST', body: consent }));
    const { rows } = await web.database.query('select state from participants');
    assert.deepEqual(rows, [{ state: 'arrived' }]);
  });

  it('lets those go on who wait or work', async () => {
    const [working, waiting] = [visitor(), visitor()];
    const [first] = await web.makeReady(1);
    await working.consent();
    assert.equal(await working.assigned(), `/proxy/${first}/`);
    await waiting.consent();
    await apply(paused);
    assert.equal((await working.request(`/proxy/${first}/`)).status, 200);
    assert.equal((await working.request('/?study=crypto-api')).headers.get('location'), `/proxy/${first}/`);
    const [second] = await web.makeReady(1);
    assert.equal(await waiting.assigned(), `/proxy/${second}/`);
  });

  it('is open again when the key says so, or is gone', async () => {
    const status = async () => (await visitor().request('/?study=crypto-api')).status;
    await apply(paused);
    await apply({ 'crypto-api': 'open' });
    assert.equal(await status(), 200);
    await apply(paused);
    assert.equal(await status(), 503);
    await apply({});
    assert.equal(await status(), 200);
  });

  it('leaves an audit row for each change, and none when there is none', async () => {
    assert.deepEqual(await apply(paused), { changed: ['crypto-api'], unknown: [] });
    assert.deepEqual(await apply(paused), { changed: [], unknown: [] });
    await apply({});
    const row = { subject_id: 'crypto-api', actor: 'manager' };
    assert.deepEqual(await audit(), [
      { ...row, from_state: 'open', to_state: 'paused', reason: 'live settings' },
      { ...row, from_state: 'paused', to_state: 'open', reason: 'the live settings say nothing any more' },
    ]);
  });

  it('is not changed by a manager that does not lead any more', async () => {
    assert.deepEqual(await applyStudyStates(web.database, term - 1, paused), { changed: [], unknown: [] });
    assert.equal((await visitor().request('/?study=crypto-api')).status, 200);
    assert.deepEqual(await audit(), []);
  });

  it('keeps its own state when it is published anew meanwhile', async () => {
    await apply(paused);
    await publishStudy(web.database, web.study);
    await takesABreak(await visitor().request('/?study=crypto-api'));
  });

  it('leaves a link without a name to the other study that is open', async () => {
    await publishStudy(web.database, { ...web.study, id: 'second', title: 'The second one' });
    assert.equal((await visitor().request('/')).status, 403);
    await apply(paused);
    assert.match(await (await visitor().request('/')).text(), /The second one/);
  });

  it('must be published: others are named', async () => {
    assert.deepEqual(await apply({ ...paused, unheard: 'open' }), { changed: ['crypto-api'], unknown: ['unheard'] });
  });
});
