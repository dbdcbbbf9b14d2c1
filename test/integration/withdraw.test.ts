/** Whoever takes part can stop at any time: the place goes to somebody else, and nothing more is recorded. */
import assert from 'node:assert/strict';
import { forgetEverybody } from './old-people.js';
import { RunningWeb } from './running-web.js';
import { answer, takePart, visitor, withEntry } from './way-in.js';

const STUDY = '/?study=crypto-api';

describe('withdrawing', function () {
  this.timeout(120_000);
  let web: RunningWeb;
  before(async () => {
    web = await RunningWeb.start();
  });
  beforeEach(() => withEntry(web, {}));
  after(() => web?.stop());
  afterEach(() => forgetEverybody(web));

  const state = async (): Promise<string | undefined> => {
    const { rows } = await web.database.query<{ state: string }>(
      'select state from participants order by arrived_at desc, id limit 1',
    );
    return rows[0]?.state;
  };
  const inFlight = async (): Promise<number> => {
    const { rows } = await web.database.query<{ value: string }>(
      `select value from counters where scope = 'study' and name = 'inFlight'`,
    );
    return Number(rows[0]!.value);
  };

  it('is asked for, and changes nothing until it is confirmed', async () => {
    const who = await takePart(web, STUDY);
    const page = await (await who.request('/withdraw')).text();
    assert.match(page, /data-test="withdraw"/);
    assert.equal(await state(), 'waiting');
  });

  it('ends the lease, retires the instance and gives the place back, once', async () => {
    const [instance] = await web.makeReady(1);
    const before = await inFlight();
    const who = await takePart(web, STUDY);
    assert.equal(await who.assigned(), `/proxy/${instance}/`);
    const posts = await Promise.all([1, 2].map(() => who.request('/withdraw', { method: 'POST' })));
    assert.ok(posts.some(({ status }) => status === 200));
    assert.equal(await state(), 'withdrawn');
    assert.equal(await inFlight(), before);
    const { rows } = await web.database.query('select state from instances where id = $1', [instance]);
    assert.deepEqual(rows, [{ state: 'retiring' }]);
    assert.equal(await answer(who.request(STUDY)), '410 withdrawn');
    assert.equal(await answer(who.request('/withdraw')), '410 withdrawn');
  });

  it('is nobody’s without a session', async () => {
    assert.equal(await answer(visitor(web).request('/withdraw', { method: 'POST' })), '401 no-session');
  });

  it('before consent is a way out that the recruiting service names', async () => {
    await withEntry(web, { returnTo: { noConsent: { url: 'https://recruit.example/no', parameters: {} } } });
    const who = visitor(web);
    const page = await (await who.request('/consent?study=crypto-api')).text();
    assert.match(page, /href="https:\/\/recruit\.example\/no" data-test="refuse-consent"/);
  });
});
