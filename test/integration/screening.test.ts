/** Questions before the consent form: who fits goes on, who does not is out for good. */
import assert from 'node:assert/strict';
import { screeningSchema } from '../../src/studies/screening.js';
import type { PlainParticipant } from '../browser/running-platform.js';
import { forgetEverybody } from './old-people.js';
import { RunningWeb } from './running-web.js';
import { answer, giveConsent, participants, visitor, withEntry } from './way-in.js';

const LINK = '/?study=crypto-api';
const ASK = '/screening?study=crypto-api';
const CONSENT = '/consent?study=crypto-api';

const screening = screeningSchema.parse({
  questions: [
    { id: 'python', kind: 'choice', question: 'Do you write Python?', options: ['Yes', 'No'] },
    { id: 'years', kind: 'number', question: 'For how many years?', min: 0, max: 80 },
    { id: 'more', kind: 'text', question: 'Anything else?', required: false },
  ],
  accept: { python: ['Yes'], years: { min: 1 } },
});
const FITS = { q0: '0', q1: '3' };
const FITS_NOT = { q0: '1', q1: '3' };

describe('screening', function () {
  this.timeout(120_000);
  let web: RunningWeb;
  before(async () => {
    web = await RunningWeb.start();
  });
  beforeEach(() => withEntry(web, {}, { screening }));
  after(() => web?.stop());
  afterEach(() => forgetEverybody(web));

  const post = (who: PlainParticipant, fields: Record<string, string>, address = ASK): Promise<Response> =>
    who.request(address, { method: 'POST', body: new URLSearchParams(fields) });
  const asked = async (link = ASK): Promise<PlainParticipant> => {
    const who = visitor(web);
    assert.equal(await answer(who.request(link)), '200');
    return who;
  };
  const stored = async () =>
    (await web.database.query<{ answers: unknown; fits: boolean }>('select answers, fits from screenings')).rows;
  const states = async () => (await participants<{ state: string }>(web, 'state')).map(({ state }) => state);

  it('stands between the intro and the consent form', async () => {
    const who = visitor(web);
    const intro = await (await who.request(LINK)).text();
    assert.match(intro, /data-test="to-consent" href="\/screening\?study=crypto-api"/);
    assert.match(intro, /Step 1 of 4/);
    const page = await (await who.request(ASK)).text();
    assert.match(page, /Step 2 of 4/);
    assert.match(page, /action="\/screening\?study=crypto-api"/);
    assert.equal(await answer(post(who, FITS)), `303 ${CONSENT}`);
    assert.match(await (await who.request(CONSENT)).text(), /Step 3 of 4/);
    assert.equal(await answer(giveConsent(who)), '303 /howTo');
    assert.match(await (await who.request('/howTo')).text(), /Step 4 of 4/);
    assert.deepEqual(await stored(), [{ answers: { python: 'Yes', years: 3 }, fits: true }]);
    assert.deepEqual(await states(), ['waiting']);
  });

  it('lets nobody pass it by', async () => {
    const nobody = visitor(web);
    assert.equal(await answer(nobody.request(CONSENT)), `302 ${ASK}`);
    assert.deepEqual(await states(), []);
    const who = await asked();
    assert.equal(await answer(who.request(CONSENT)), `302 ${ASK}`);
    assert.equal(await answer(giveConsent(who)), `303 ${ASK}`);
    assert.deepEqual(await states(), ['arrived']);
  });

  it('says what is missing, keeps the rest and stores nothing', async () => {
    const who = await asked();
    const again = await post(who, { q1: '3', q2: '</textarea>' });
    const page = await again.text();
    assert.equal(again.status, 422);
    assert.match(page, /Please answer this question\./);
    assert.match(page, /value="3" name="q1"/);
    assert.match(page, /&lt;\/textarea&gt;/);
    assert.deepEqual(await stored(), []);
    assert.equal(await answer(post(who, FITS)), `303 ${CONSENT}`);
  });

  it('ends for who does not fit, whatever they open or send afterwards', async () => {
    const who = await asked();
    assert.equal(await answer(post(who, FITS_NOT)), '303 /screened');
    assert.deepEqual(await states(), ['screened']);
    for (const address of ['/screened', LINK, ASK, CONSENT]) {
      assert.equal(await answer(who.request(address)), '403 screened', address);
    }
    for (const again of [post(who, FITS), post(who, FITS_NOT), giveConsent(who)]) {
      assert.equal(await answer(again), '403 screened');
    }
    assert.deepEqual(await stored(), [{ answers: { python: 'No', years: 3 }, fits: false }]);
    const { rows } = await web.database.query(`select from_state, reason from audit where to_state = 'screened'`);
    assert.deepEqual(rows, [{ from_state: 'arrived', reason: 'does not fit' }]);
  });

  it('leads who does not fit back to who recruited, by a link', async () => {
    const screenedOut = 'https://app.prolific.com/submissions/complete?cc=CSCREEN1';
    await withEntry(web, { by: ['prolific'], returnTo: { screenedOut } }, { screening });
    const ids = 'PROLIFIC_PID=p1&STUDY_ID=s1&SESSION_ID=x1';
    const mine = `${ASK}&${ids}`;
    const who = await asked(mine);
    assert.equal(await answer(post(who, FITS_NOT, mine)), '303 /screened');
    const page = await (await who.request('/screened')).text();
    assert.ok(page.includes(`href="${screenedOut}" data-test="back"`), page);
    // No form leads to another site, a link does.
    assert.equal(await answer(post(who, FITS, mine)), '303 /screened');
    assert.equal(await answer(giveConsent(who)), '303 /screened');
    assert.equal(await answer(who.request(`${LINK}&${ids}`)), `302 ${screenedOut}`);
    // Nor does the same identity come in from another browser.
    const other = visitor(web);
    assert.equal(await answer(other.request(mine)), `302 ${screenedOut}`);
    assert.equal(await answer(post(other, FITS, mine)), '303 /screened');
    assert.deepEqual(await states(), ['screened']);
  });

  it('takes the first of two answers that are sent at once, and a form that is sent again', async () => {
    for (let round = 0; round < 5; round += 1) {
      const who = await asked();
      const [fit, unfit] = await Promise.all([answer(post(who, FITS)), answer(post(who, FITS_NOT))]);
      const first = (await stored())[0]!.fits;
      if (first) {
        assert.equal(fit, `303 ${CONSENT}`);
        assert.equal(unfit, `303 ${CONSENT}`);
        assert.equal(await answer(post(who, FITS_NOT)), `303 ${CONSENT}`);
        assert.equal(await answer(who.request(ASK)), `302 ${CONSENT}`);
      } else {
        assert.equal(unfit, '303 /screened');
        assert.match(fit, /^(303 \/screened|403 screened)$/);
      }
      assert.equal((await stored()).length, 1);
      assert.deepEqual(await states(), [first ? 'arrived' : 'screened']);
      await forgetEverybody(web);
    }
  });

  it('is asked of nobody without a session, and by no study without questions', async () => {
    assert.equal(await answer(post(visitor(web), FITS)), '401 no-session');
    await withEntry(web, {});
    assert.equal(await answer(visitor(web).request(ASK)), `302 ${CONSENT}`);
    assert.equal(await answer(visitor(web).request('/screened')), '401 no-session');
    const who = visitor(web);
    await who.request(CONSENT);
    assert.equal(await answer(who.request('/screened')), '302 /');
  });
});
