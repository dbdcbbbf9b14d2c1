/** Who may enter a study, by which link, and who goes on where: on a real Postgres and Redis. */
import assert from 'node:assert/strict';
import { forgetEverybody, one } from './old-people.js';
import type { PlainParticipant } from '../browser/running-platform.js';
import { RunningWeb } from './running-web.js';
import { answer, giveConsent, participants, takePart, toConsent, visitor, withEntry } from './way-in.js';

const STUDY = '/?study=crypto-api';
const ANOTHER = '403 used-by-another';
const INCOMPLETE = '400 malformed-link';
const NEEDS_LINK = '403 link-needed';

const links = [
  ['pid', 'pid=a%3Cb%3E%27%26c&origin=7', "pid:a<b>'&c", { pid: "a<b>'&c" }],
  [
    'prolific',
    'PROLIFIC_PID=5f&STUDY_ID=6a&SESSION_ID=7b',
    'prolific:5f',
    { PROLIFIC_PID: '5f', STUDY_ID: '6a', SESSION_ID: '7b' },
  ],
  ['mturk', 'workerId=A1&assignmentId=3X&hitId=3H', 'mturk:A1', { workerId: 'A1', assignmentId: '3X', hitId: '3H' }],
  ['sona', 'survey_code=4711', 'sona:4711', { survey_code: '4711' }],
  ['limesurvey', 'uid=17&tok=xyz', 'limesurvey:17', { uid: '17', tok: 'xyz' }],
] as const;

describe('the way in', function () {
  this.timeout(300_000);
  let web: RunningWeb;
  before(async () => {
    web = await RunningWeb.start();
  });
  after(() => web?.stop());
  afterEach(() => forgetEverybody(web));

  for (const [service, parameters, identity, recruitment] of links) {
    it(`knows who comes from ${service}, and goes on with them on another machine`, async () => {
      await withEntry(web, { by: [service] });
      const [instance] = await web.makeReady(1);
      await takePart(web, `${STUDY}&${parameters}`);
      assert.deepEqual(await participants(web, 'identity, recruitment, origin'), [
        { identity, recruitment, origin: service === 'pid' ? '7' : null },
      ]);
      const elsewhere = visitor(web);
      assert.equal(await answer(elsewhere.request(`${STUDY}&${parameters}`)), `302 /proxy/${instance}/`);
      assert.equal(await elsewhere.assigned(), `/proxy/${instance}/`);
      assert.equal(await answer(visitor(web).request(STUDY)), NEEDS_LINK);
    });
  }

  it('refuses a used link in another browser where the study wants that', async () => {
    await withEntry(web, { by: ['prolific'], resume: 'browser' });
    const link = `${STUDY}&PROLIFIC_PID=5f`;
    const who = await toConsent(web, link);
    assert.equal(await answer(visitor(web).request(link)), ANOTHER);
    assert.equal(await answer(giveConsent(who)), '303 /howTo');
    assert.equal(await answer(who.request(link)), '302 /howTo');
    assert.equal(await answer(visitor(web).request(link)), ANOTHER);
    assert.equal(await answer(giveConsent(visitor(web), { study: 'crypto-api', PROLIFIC_PID: '5f' })), ANOTHER);
    assert.equal((await participants(web, 'id')).length, 1);
  });

  it('lets one of two browsers in that come with one link at once, where the study wants one', async () => {
    await withEntry(web, { by: ['pid'], resume: 'browser' });
    const all = await Promise.all(
      Array.from({ length: 8 }, () => answer(visitor(web).request('/consent?study=crypto-api&pid=1'))),
    );
    assert.deepEqual(all.sort(), ['200', ...Array<string>(7).fill(ANOTHER)]);
  });

  it('refuses one participant’s link to another participant', async () => {
    await withEntry(web, { by: ['pid', 'link'] });
    const [first, second] = [await takePart(web, `${STUDY}&pid=1`), await takePart(web, `${STUDY}&pid=2`)];
    assert.equal(await answer(first.request(`${STUDY}&pid=2`)), ANOTHER);
    assert.match(await answer(second.request(`${STUDY}&pid=3`)), /^409 other-participant/);
    const open = await takePart(web, STUDY);
    assert.equal(await answer(open.request(`${STUDY}&pid=1`)), ANOTHER);
    assert.equal((await participants(web, 'id')).length, 3);
  });

  it('takes a LimeSurvey token for its own uid only', async () => {
    await withEntry(web, { by: ['limesurvey'] });
    await takePart(web, `${STUDY}&uid=17&tok=xyz`);
    assert.equal(await answer(visitor(web).request(`${STUDY}&uid=17&tok=other`)), ANOTHER);
    assert.equal(await answer(visitor(web).request(`${STUDY}&uid=17&tok=xyz`)), '302 /howTo');
  });

  it('defects 11 and 13: refuses parameters that are not as they should be, in words, before anything is stored', async () => {
    await withEntry(web, { by: ['pid', 'prolific', 'mturk', 'sona', 'limesurvey', 'invitation', 'link'] });
    for (const parameters of [
      ...['pid=', 'pid=%00', 'pid=a%0Ab', `pid=${'x'.repeat(129)}`, 'pid=1&pid=2', 'pid[]=1&pid=%7F'],
      ...[
        'pid=1&origin=abc',
        "pid=1&origin=1';drop table participants",
        'pid=1&origin=',
        'origin=1e9',
        'origin=1&origin=2',
      ],
      ...['PROLIFIC_PID=%3Cb%3E', 'STUDY_ID=1', 'PROLIFIC_PID=1&SESSION_ID=%00', 'workerId=a+b', 'survey_code=%25'],
      ...[
        'uid=1',
        'tok=1',
        'invitation=1',
        `invitation=${'A'.repeat(32)}`,
        'token=abc&token2=abc',
        `token=${'a'.repeat(12)}`,
      ],
    ]) {
      for (const page of ['/', '/consent', '/index.php']) {
        assert.equal(
          await answer(visitor(web).request(`${page}?study=crypto-api&${parameters}`)),
          INCOMPLETE,
          parameters,
        );
      }
      const posted = visitor(web).request(`/howTo?study=crypto-api&${parameters}`, { method: 'POST' });
      assert.equal(await answer(posted), INCOMPLETE, parameters);
    }
    assert.match(
      await answer(visitor(web).request(`${STUDY}&assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE&hitId=1`)),
      /^403 preview/,
    );
    assert.deepEqual(await participants(web, 'id'), []);
  });

  it('is open between its times only, and says so again at the post', async () => {
    const hour = 3_600_000;
    const at = (ms: number) => new Date(Date.now() + ms).toISOString();
    await withEntry(web, { opens: at(hour) });
    assert.match(await answer(visitor(web).request(STUDY)), /^403 not-yet/);
    await withEntry(web, { opens: at(-hour), closes: at(hour) });
    const [late, inside] = [await toConsent(web, STUDY), await takePart(web, STUDY)];
    await withEntry(web, { closes: at(-1) });
    assert.match(await answer(visitor(web).request(STUDY)), /^410 closed/);
    assert.match(await answer(giveConsent(late)), /^410 closed/);
    assert.equal(await answer(inside.request(STUDY)), '302 /howTo');
    assert.deepEqual(await participants(web, 'state'), [{ state: 'arrived' }, { state: 'waiting' }]);
  });

  it('refuses phones, unless the study allows them, and lets tablets with a keyboard in', async () => {
    const phones = [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
      'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36',
    ];
    const others = [
      'Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1 Safari/604.1',
      'Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0',
    ];
    const statuses = (agents: string[]) =>
      Promise.all(
        agents.map(async (agent) => (await visitor(web).request(STUDY, { headers: { 'user-agent': agent } })).status),
      );
    await withEntry(web, {});
    assert.deepEqual(await statuses([...phones, ...others]), [403, 403, 200, 200, 200]);
    await withEntry(web, { mobiles: true });
    assert.deepEqual(await statuses(phones), [200, 200]);
  });

  it('defect 4: is full at the cap exactly, and full, closed or paused it lets those go on who are in', async () => {
    const caps = { maxParticipants: 2, perAddressAndDay: null };
    await withEntry(web, { by: ['pid'] }, { caps });
    const [instance] = await web.makeReady(1);
    const reader = await toConsent(web, `${STUDY}&pid=3`);
    const [first, second] = [await takePart(web, `${STUDY}&pid=1`), await takePart(web, `${STUDY}&pid=2`)];
    const full = '410 full';
    assert.equal(await answer(visitor(web).request(`${STUDY}&pid=4`)), full);
    assert.equal(await answer(visitor(web).request('/consent?study=crypto-api&pid=4')), full);
    assert.equal(await answer(giveConsent(reader)), full);
    for (const state of ['open', 'paused', 'closed']) {
      await web.database.query('update studies set state = $1', [state]);
      assert.equal(await answer(first.request(`${STUDY}&pid=1`)), `302 /proxy/${instance}/`, state);
      assert.equal(await answer(visitor(web).request(`${STUDY}&pid=1`)), `302 /proxy/${instance}/`, state);
      assert.equal(await answer(second.request('/')), '302 /howTo', state);
    }
    await web.database.query(`update studies set state = 'open'`);
  });

  it('checks the link before whether the study is open, that before the browser, and the cap last', async () => {
    const phone = { headers: { 'user-agent': 'iPhone' } };
    const caps = { maxParticipants: 1, perAddressAndDay: null };
    await withEntry(web, { by: ['pid'], closes: '2020-01-01T00:00:00Z' }, { caps });
    await web.database.query(`update counters set value = 1 where scope = 'study' and name = 'completed'`);
    assert.match(await answer(visitor(web).request(STUDY, phone)), /^403 link-needed/);
    assert.match(await answer(visitor(web).request(`${STUDY}&pid=1`, phone)), /^410 closed/);
    await withEntry(web, { by: ['pid'] }, { caps });
    assert.match(await answer(visitor(web).request(`${STUDY}&pid=1`, phone)), /^403 mobile/);
    assert.match(await answer(visitor(web).request(`${STUDY}&pid=1`)), /^410 full/);
  });

  it('leads back to who recruited: instead of an exit survey, after it, and when screened out', async () => {
    const returnTo = {
      completed: 'https://app.prolific.com/submissions/complete?cc=DONE1',
      screenedOut: { url: 'https://sona.example/credit', parameters: { survey_code: '%recruitment.PROLIFIC_PID%' } },
    };
    const entry = { by: ['prolific'], returnTo };
    await withEntry(web, entry, { exitSurvey: undefined });
    await web.makeReady(2);
    const link = `${STUDY}&PROLIFIC_PID=5f`;
    const who = await takePart(web, link);
    assert.equal(await answer(who.request('/return')), '302 /');
    const seq = {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-observatory': '1' },
      body: '{"seq":0}',
    };
    const finish = async (person: PlainParticipant) =>
      assert.equal((await person.request(`${await person.assigned()}finish`, seq)).status, 200);
    await finish(who);
    assert.equal(await answer(who.request('/survey')), `302 ${returnTo.completed}`);
    await withEntry(web, entry);
    const surveyed = await takePart(web, `${STUDY}&PROLIFIC_PID=5e`);
    await finish(surveyed);
    assert.match(await answer(surveyed.request('/survey')), /^302 \/demo\/exit-survey\?/);
    assert.equal(await answer(surveyed.request('/return')), `302 ${returnTo.completed}`);

    const out = await takePart(web, `${STUDY}&PROLIFIC_PID=6a`);
    await web.database.query(`update participants set state = 'screened' where identity = 'prolific:6a'`);
    for (const page of ['/return', `${STUDY}&PROLIFIC_PID=6a`]) {
      assert.equal(await answer(out.request(page)), '302 https://sona.example/credit?survey_code=6a');
    }
    await withEntry(web, { by: ['prolific'] });
    assert.equal(await answer(who.request('/return')), `302 ${returnTo.completed}`, 'as in the version that they have');
    await web.makeReady(1);
    const late = await takePart(web, `${STUDY}&PROLIFIC_PID=5d`);
    await finish(late);
    assert.equal(await answer(late.request('/return')), '404 no-return');
    const lateOut = await takePart(web, `${STUDY}&PROLIFIC_PID=6b`);
    await web.database.query(`update participants set state = 'screened' where identity = 'prolific:6b'`);
    assert.match(await answer(lateOut.request('/return')), /^404/);
    assert.match(await answer(lateOut.request(STUDY)), /^403 screened/);
    assert.equal(await answer(visitor(web).request('/return')), '401 no-session');
  });

  it('tells the exit survey the real origin and what the link carried', async () => {
    const parameters = { pid: '%recruitment.pid%', origin: '%origin%', condition: '%condition%' };
    await withEntry(web, { by: ['pid'] }, { exitSurvey: { url: 'https://survey.example/', parameters } });
    await web.makeReady(1);
    const who = await takePart(web, `${STUDY}&pid=a%26b&origin=12`);
    const condition = await one<number>(web, 'select condition as it from participants');
    const id = await one<string>(web, 'select id as it from participants');
    const token = await one<string>(web, 'select token as it from participants');
    const address = `302 https://survey.example/?pid=a%26b&origin=12&condition=${condition}`;
    assert.equal(await answer(who.request(`/survey/${id}/${token}`)), address);
    assert.equal(await answer(who.request(`${STUDY}&pid=a%26b&origin=12`)), '302 /survey');
  });
});
