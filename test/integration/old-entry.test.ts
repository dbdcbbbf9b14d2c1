/**
 * The original's way in by its own paths: what each row of FACTS 1.1 to 1.5 that is kept answers, on a real Postgres and Redis.
 * Caps and the captcha have tests of their own; the token service too.
 */
import assert from 'node:assert/strict';
import { forgetEverybody, get, one, type Person, workingPerson } from './old-people.js';
import { RunningWeb } from './running-web.js';
import { answer, participants, visitor, withEntry } from './way-in.js';

/** The original's form. */
const FOUR = { age_yes: 'on', lang_yes: 'on', read_yes: 'on', cont_yes: 'on' };
const ID = 'aaaaaaaaaaaa';
const PAIR = `token=${ID}&token2=bbbbbbbbbbbb`;

interface Row {
  readonly what: string;
  readonly path: (person: Person) => string;
  readonly form?: (person: Person) => Record<string, string>;
  readonly cookie?: (person: Person) => string;
  /** Status, and where it leads or what a program reads. */
  readonly expected: (person: Person) => string;
}

const phone = { 'user-agent': 'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36' };
const notebook = ({ typist }: Person) => `/proxy/${typist.instance}/`;

const rows: readonly Row[] = [
  { what: 'GET / shows the intro', path: () => '/', expected: () => '200' },
  { what: 'GET /index.php shows the intro', path: () => '/index.php', expected: () => '200' },
  { what: 'GET /index.php?pid=&origin= does', path: () => '/index.php?pid=x-1&origin=3', expected: () => '200' },
  { what: 'GET /consent.php shows the form', path: () => '/consent.php?pid=x-1', expected: () => '200' },
  {
    what: 'half a pair of tokens is refused',
    path: () => `/index.php?token=${ID}`,
    expected: () => '400 malformed-link',
  },
  {
    what: 'GET /index.php with the cookies `userId` and `token` goes on',
    path: () => '/index.php',
    cookie: ({ id, token }) => `userId=${id}; token=${token}`,
    expected: (person) => `302 ${notebook(person)}`,
  },
  {
    what: 'the cookies of another do not',
    path: () => '/index.php',
    cookie: ({ id }) => `userId=${id}; token=${ID}`,
    expected: () => '200',
  },
  {
    what: 'POST /howTo.php without a form is refused',
    path: () => '/howTo.php?pid=x-1',
    form: () => ({}),
    expected: () => '400 consent-incomplete',
  },
  {
    what: 'POST /howTo.php of nobody is refused',
    path: () => '/howTo.php',
    form: () => FOUR,
    expected: () => '403 no-consent',
  },
  { what: 'GET /howTo.php of nobody leads to the intro', path: () => '/howTo.php', expected: () => '302 /' },
  {
    what: 'POST /getAssignedInstance.php with the pair tells the address',
    path: () => '/getAssignedInstance.php',
    form: ({ id, token }) => ({ userid: id, token2: token }),
    expected: (person) => `200 ${notebook(person)}`,
  },
  {
    what: 'POST /getAssignedInstance.php with a wrong pair is an error',
    path: () => '/getAssignedInstance.php',
    form: ({ id }) => ({ userid: id, token2: ID }),
    expected: () => '403 error',
  },
  {
    what: 'POST /getAssignedInstance.php with a malformed pair is an error',
    path: () => '/getAssignedInstance.php',
    form: () => ({ userid: "'\0", token2: '' }),
    expected: () => '403 error',
  },
  {
    what: 'GET /heartbeat.php calls the callback',
    path: ({ id, token }) => `/heartbeat.php?userId=${id}&ec2instance=any&token=${token}&callback=beat&_=1`,
    expected: () => '200 /**/beat({"ok":true});',
  },
  {
    what: 'GET /heartbeat.php of nobody is a 404',
    path: () => `/heartbeat.php?userId=${ID}&ec2instance=any&token=${ID}`,
    expected: () => '404 "NotFound"',
  },
  {
    what: 'GET /proxy/<id>/?userId=&token= opens the notebook, and leaves the token behind',
    path: (person) => `${notebook(person)}?userId=${person.id}&token=${person.token}`,
    expected: (person) => `302 ${notebook(person)}`,
  },
  {
    what: 'GET /proxy/<id>/ with a wrong token opens nothing',
    path: (person) => `${notebook(person)}?userId=${person.id}&token=${ID}`,
    expected: () => '401 no-session',
  },
  {
    what: 'GET /survey/<userid>/<token> leads to the exit survey',
    path: ({ id, token }) => `/survey/${id}/${token}`,
    expected: ({ id, token }) => `302 /demo/exit-survey?tok=${token}&uid=${id}&newtest=Y`,
  },
];

describe('the original’s way in', function () {
  this.timeout(300_000);
  let web: RunningWeb;
  before(async () => {
    web = await RunningWeb.start();
    await withEntry(web, { by: ['pid', 'link'] });
  });
  after(() => web?.stop());
  afterEach(() => forgetEverybody(web));

  for (const { what, path, form, cookie, expected } of rows) {
    it(what, async () => {
      const person = await workingPerson(web);
      const headers: Record<string, string> = cookie ? { cookie: cookie(person) } : {};
      const asked = await get(web, path(person), {
        ...(form && { method: 'POST', body: new URLSearchParams(form(person)) }),
        headers,
      });
      const said = /data-code="([^"]*)"/.exec(asked.text)?.[1];
      const isPage = asked.headers.get('content-type')?.startsWith('text/html') === true;
      const told = asked.headers.get('location') ?? said ?? (isPage ? '' : asked.text);
      assert.equal(`${asked.status} ${told}`.trim(), expected(person));
      assert.doesNotMatch(
        asked.text + String(asked.headers.get('location')),
        new RegExp(`${person.token}(?!&(amp;)?uid)`),
      );
    });
  }

  it('[M]: POST /howTo.php?token=&token2= with the four fields gives a place, and asks /getAssignedInstance.php until there is an instance', async () => {
    const tokenService = { check: 'http://127.0.0.1:9/', whenDown: 'admit' };
    await withEntry(web, { by: ['token-service'], tokenService });
    const who = visitor(web);
    const start = { method: 'POST', body: new URLSearchParams(FOUR) };
    assert.equal(await answer(who.request(`/howTo.php?${PAIR}`, start)), '303 /howTo');
    assert.deepEqual(await participants(web, 'id, token, state, consent'), [
      { id: ID, token: 'bbbbbbbbbbbb', state: 'waiting', consent: ['age', 'language', 'read', 'continue'] },
    ]);
    const poll = { method: 'POST', body: new URLSearchParams({ userid: ID, token2: 'bbbbbbbbbbbb' }) };
    assert.equal(await (await visitor(web).request('/getAssignedInstance.php', poll)).text(), 'nr');
    const [instance] = await web.makeReady(1);
    const poller = visitor(web);
    assert.equal(await (await poller.request('/getAssignedInstance.php', poll)).text(), `/proxy/${instance}/`);
    assert.equal(await answer(poller.request(`/proxy/${instance}/`)), '200');

    // Defects 3, 6 and 9: again and again, by whomever, it is the one participant with the one condition and the one instance.
    const before = await participants(web, 'id, condition');
    await web.makeReady(2);
    for (const again of [who, visitor(web)]) {
      assert.equal(await answer(again.request(`/howTo.php?${PAIR}`, start)), '303 /howTo');
      assert.equal(await again.assigned(), `/proxy/${instance}/`);
    }
    const other = visitor(web).request(`/howTo.php?token=${ID}&token2=${'c'.repeat(12)}`, start);
    assert.match(await answer(other), /^403 used-by-another/);
    assert.deepEqual(await participants(web, 'id, condition'), before);
    assert.equal(await one(web, 'select count(*)::int as it from leases'), 1);
    await withEntry(web, { by: ['pid', 'link'] });
  });

  it('[D]: POST /howTo.php with `pid` and `origin` in the form gives a place; the `pid` goes on and beats', async () => {
    const who = visitor(web);
    const form = { method: 'POST', body: new URLSearchParams({ ...FOUR, pid: 'p 1', origin: '-4' }) };
    const [instance] = await web.makeReady(1);
    assert.equal(await answer(who.request('/howTo.php', form)), '303 /howTo');
    assert.deepEqual(await participants(web, 'identity, origin, state'), [
      { identity: 'pid:p 1', origin: '-4', state: 'working' },
    ]);
    assert.equal(await answer(visitor(web).request('/index.php?pid=p%201&origin=-4')), `302 /proxy/${instance}/`);
    const beats = () => one<number>(web, 'select count(heartbeat_at)::int as it from participants');
    await web.database.query('update participants set heartbeat_at = null');
    // Defect 1: the user id of this version was the `pid`, whatever its length.
    assert.equal((await visitor(web).request('/heartbeat.php?userId=p%201&token=x')).status, 404);
    assert.equal(await beats(), 0);
    assert.equal(await (await who.request('/heartbeat.php?userId=p%201&callback=f')).text(), '/**/f({"ok":true});');
    assert.equal(await beats(), 1);
  });

  it('refuses phones by the old paths, and lets who is in go on from one', async () => {
    const person = await workingPerson(web);
    for (const path of ['/', '/index.php', '/consent.php']) {
      assert.match(await answer(visitor(web).request(path, { headers: phone })), /^403 mobile/);
      assert.equal(await answer(person.who.request(path, { headers: phone })), `302 ${notebook(person)}`);
    }
  });

  it('defect 9: sends whose instance is gone to the line, never to a dead address', async () => {
    const person = await workingPerson(web);
    await web.database.query(`update leases set ended_at = now(), end_reason = 'lost'`);
    await web.database.query(`update participants set state = 'waiting'`);
    assert.equal(await answer(person.who.request('/index.php')), '302 /howTo');
    const asked = await person.who.request('/getAssignedInstance.php', { method: 'POST' });
    assert.deepEqual([asked.status, await asked.text()], [200, 'nr']);
  });
});
