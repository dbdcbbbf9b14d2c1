/** Signing in and out of the control pages, on a real Postgres and Redis. */
import assert from 'node:assert/strict';
import { addUser, changePassword, changeRights, disableUser, UsersError } from '../../src/control/access/users.js';
import { publishStudy } from '../../src/participants/study-store.js';
import { RunningWeb, SECRET } from './running-web.js';
import { PASSWORD, Staff } from './staff.js';

const SESSION = 'observatory-control';

describe('signing in', function () {
  this.timeout(120_000);
  let web: RunningWeb;
  before(async () => {
    web = await RunningWeb.start();
    await publishStudy(web.database, { ...web.study, id: 'another', title: 'Another' });
  });
  after(() => web?.stop());
  beforeEach(async () => {
    await web.database.query('truncate audit');
    await web.database.query('delete from accounts.users');
    await addUser(web.database, { name: 'anna', role: 'viewer', password: PASSWORD, studies: ['crypto-api'] }, 'test');
  });

  let addresses = 0;
  /** From an address of its own, so that no test uses up what another is allowed. */
  const from = (address = `10.1.${Math.floor((addresses += 1) / 200)}.${addresses % 200}`) => ({
    'x-forwarded-for': address,
  });
  const attempt = async (name: string, password: string, headers = from(), who = new Staff(web.address)) => {
    const token = await who.token('/control/sign-in');
    const response = await who.send('/control/sign-in', { token, name, password }, headers);
    return { response, status: response.status, page: await response.text(), who };
  };
  const audited = async () => {
    const { rows } = await web.database.query<{ line: string }>(
      `select concat_ws(' ', subject_id, to_state, actor) as line from audit where subject = 'user' order by id`,
    );
    return rows.map(({ line }) => line);
  };
  const signedIn = async (who: Staff) => (await who.request('/control')).status === 200;

  it('leads back to the page that was asked for, and never elsewhere', async () => {
    const asked = await new Staff(web.address).request('/control/password?x=1', { headers: { accept: 'text/html' } });
    assert.equal(asked.status, 401);
    assert.match(await asked.text(), /name="to" value="\/control\/password\?x=1"/);
    for (const [to, location] of [
      ['/control/password?x=1', '/control/password?x=1'],
      ['', '/control'],
      ['/', '/control'],
      ['//elsewhere.example/control', '/control'],
      ['/\\elsewhere.example/control', '/control'],
      ['https://elsewhere.example/control', '/control'],
      ['/control/../x', '/control'],
      ['/control/%2e%2e/x', '/control'],
      ['/control/..//elsewhere.example/', '/control'],
      ['/controlled', '/control'],
      ['javascript:alert(1)', '/control'],
      ['/\t/elsewhere.example/control', '/control'],
      ['/control/sign-out', '/control'],
      ['/control?key=secret', '/control'],
    ] as const) {
      const response = await new Staff(web.address).signIn('anna', PASSWORD, { to });
      assert.deepEqual([response.status, response.headers.get('location')], [303, location], to);
    }
  });

  it('answers a wrong password, an unknown name and a disabled account the same, and audits each', async () => {
    await addUser(web.database, { name: 'ben', role: 'admin', password: PASSWORD, studies: [] }, 'test');
    await disableUser(web.database, 'ben', true, 'test');
    await web.database.query('truncate audit');
    const plain = ({ status, page }: { status: number; page: string }, name: string) =>
      `${status} ${page.replaceAll(/[0-9a-f]{64}/g, '').replaceAll(name, '')}`;
    const wrong = plain(await attempt('anna', 'wrong'), 'anna');
    assert.match(wrong, /^401 .*The name or the password is wrong, or the account is disabled\./s);
    for (const [name, password] of [
      ['nobody', PASSWORD],
      ['ben', PASSWORD],
      ['my secret typed here', ''],
      ['anna', ''],
      ['anna', `${PASSWORD} `],
    ] as const) {
      assert.equal(plain(await attempt(name, password), name), wrong, name);
    }
    assert.deepEqual(await audited(), [
      'anna sign-in-failed anna',
      'unknown sign-in-failed unknown',
      'ben sign-in-failed ben',
      'unknown sign-in-failed unknown',
      'anna sign-in-failed anna',
      'anna sign-in-failed anna',
    ]);
    const { rows } = await web.database.query<{ row: string }>('select audit::text as row from audit');
    assert.doesNotMatch(rows.map(({ row }) => row).join('\n'), /secret|wrong|quite a long|10\.1\.0/);
  });

  it('lets five attempts fail, then looks at none for a while, not even a right one; others are not held up', async () => {
    const address = from('10.2.0.1');
    const all = await Promise.all(Array.from({ length: 12 }, () => attempt('anna', 'wrong', address)));
    const statuses = all.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [...Array<number>(5).fill(401), ...Array<number>(7).fill(429)]);
    const right = await attempt('anna', PASSWORD, address);
    assert.equal(right.status, 429);
    assert.ok(Number(right.response.headers.get('retry-after')) > 600);
    assert.match(right.page, /Too many attempts failed\. Try again in 15 minutes\./);
    assert.equal((await audited()).filter((line) => line === 'anna sign-in-throttled anna').length, 1);
    assert.equal((await attempt('anna', PASSWORD, from('10.2.0.2'))).status, 303);
    await addUser(web.database, { name: 'ben', role: 'admin', password: PASSWORD, studies: [] }, 'test');
    assert.equal((await attempt('ben', PASSWORD, address)).status, 303);
  });

  it('forgets the failures of whoever gets in, and limits one address over all names', async () => {
    const address = from('10.3.0.1');
    for (let round = 0; round < 2; round += 1) {
      for (let nth = 0; nth < 4; nth += 1) assert.equal((await attempt('anna', 'wrong', address)).status, 401);
      assert.equal((await attempt('anna', PASSWORD, address)).status, 303);
    }
    const many = await Promise.all(Array.from({ length: 50 }, (_, n) => attempt(`name-${n}`, 'wrong', address)));
    assert.equal(many.filter(({ status }) => status === 401).length, 42);
    assert.equal((await attempt('anna', PASSWORD, address)).status, 429);
  });

  it('gives a new session id, whatever id the browser came with', async () => {
    const who = new Staff(web.address);
    const planted = 'a'.repeat(64);
    who.cookies.set(SESSION, planted);
    assert.equal((await who.signIn('anna')).status, 303);
    const first = who.cookies.get(SESSION)!;
    assert.notEqual(first, planted);
    assert.ok(await signedIn(who));
    const victim = new Staff(web.address);
    victim.cookies.set(SESSION, planted);
    assert.ok(!(await signedIn(victim)));
    await who.signIn('anna');
    assert.notEqual(who.cookies.get(SESSION), first);
    victim.cookies.set(SESSION, first);
    assert.ok(!(await signedIn(victim)), 'the session before this sign-in is still good');
    const { rows } = await web.database.query<{ row: string }>('select s::text as row from accounts.sessions s');
    assert.ok(!rows.some(({ row }) => row.includes(who.cookies.get(SESSION)!)), 'the table has the id itself');
  });

  it('sets a cookie that only the control pages get, and no script', async () => {
    const who = new Staff(web.address);
    const [line] = (await who.signIn('anna')).headers.getSetCookie().filter((each) => each.startsWith(`${SESSION}=`));
    assert.match(line!, /; path=\/control; samesite=strict; httponly$/i);
  });

  it('ends the session at sign-out', async () => {
    const who = new Staff(web.address);
    await who.signIn('anna');
    const id = who.cookies.get(SESSION)!;
    assert.equal((await who.act('/control/sign-out')).status, 303);
    who.cookies.set(SESSION, id);
    assert.ok(!(await signedIn(who)));
    assert.deepEqual((await audited()).slice(-2), ['anna signed-in anna', 'anna signed-out anna']);
  });

  it('ends the other sessions when the password is changed, by the user or by an operator', async () => {
    const [one, other] = [new Staff(web.address), new Staff(web.address)];
    await one.signIn('anna');
    await other.signIn('anna');
    const next = 'another sentence, as long';
    const form = { password: PASSWORD, new: next, repeated: next };
    for (const [wrong, status] of [
      [{ ...form, password: 'wrong' }, 403],
      [{ ...form, repeated: 'different' }, 400],
      [{ ...form, new: 'short', repeated: 'short' }, 400],
    ] as const) {
      assert.equal((await one.act('/control/password', wrong)).status, status);
    }
    assert.ok((await signedIn(one)) && (await signedIn(other)));
    const before = one.cookies.get(SESSION);
    assert.equal((await one.act('/control/password', form)).status, 303);
    assert.ok((await signedIn(one)) && !(await signedIn(other)));
    assert.notEqual(one.cookies.get(SESSION), before);
    assert.equal((await attempt('anna', PASSWORD)).status, 401);
    await changePassword(web.database, 'anna', PASSWORD, 'test');
    assert.ok(!(await signedIn(one)));
    assert.equal((await attempt('anna', PASSWORD)).status, 303);
  });

  it('takes no page that only keeps itself up to date for somebody who is there', async () => {
    const who = new Staff(web.address);
    await who.signIn('anna');
    const idleMinutes = async (headers: Record<string, string>): Promise<number> => {
      await web.database.query(`update accounts.sessions set used_at = now() - interval '90 minutes'`);
      assert.equal((await who.request('/control', { headers })).status, 200);
      const { rows } = await web.database.query<{ idle: number }>(
        'select round(extract(epoch from now() - used_at) / 60)::int as idle from accounts.sessions',
      );
      return rows[0]!.idle;
    };
    assert.equal(await idleMinutes({ 'x-observatory-live': '1' }), 90);
    assert.equal(await idleMinutes({}), 0);
  });

  it('ends the sessions of an account that is disabled', async () => {
    const who = new Staff(web.address);
    await who.signIn('anna');
    await disableUser(web.database, 'anna', true, 'test');
    await disableUser(web.database, 'anna', false, 'test');
    assert.ok(!(await signedIn(who)));
  });

  it('shows each user their studies, and changed rights at once', async () => {
    const who = new Staff(web.address);
    await who.signIn('anna');
    const lists = async () =>
      ['crypto-api', 'another'].map(
        (
          (page) => (study: string) =>
            page.includes(`>${study}<`) || page.includes(`${study} (`)
        )(await who.page('/control')),
      );
    assert.deepEqual(await lists(), [true, false]);
    await changeRights(web.database, 'anna', { grant: ['another'], revoke: ['crypto-api'] }, 'test');
    assert.deepEqual(await lists(), [false, true]);
    await changeRights(web.database, 'anna', { role: 'admin', grant: [], revoke: [] }, 'test');
    assert.deepEqual(await lists(), [true, true]);
  });

  it('lets the operator in by the link, as an admin whose entry is audited', async () => {
    const operator = await Staff.operator(web.address, SECRET);
    assert.match(await operator.page('/control'), /operator \(admin\)/);
    assert.deepEqual((await audited()).at(-1), 'operator signed-in operator');
    const guessed = await new Staff(web.address).request('/control?key=guessed', { headers: { accept: 'text/html' } });
    assert.equal(guessed.status, 401);
    assert.doesNotMatch(await guessed.text(), /guessed/);
    assert.match(await operator.page('/control/password'), /data-code="no-password"/);
  });

  it('asks a browser once more that followed a link of another site', async () => {
    const asked = (headers: Record<string, string>) =>
      new Staff(web.address).request('/control/password', { headers: { accept: 'text/html', ...headers } });
    assert.equal((await asked({ 'sec-fetch-site': 'cross-site' })).headers.get('refresh'), '0; url=/control/password');
    assert.equal((await asked({ 'sec-fetch-site': 'same-origin' })).headers.get('refresh'), null);
  });

  it('takes no account with a weak password or a name that is none', async () => {
    const add = (name: string, password: string) =>
      addUser(web.database, { name, password, role: 'viewer', studies: [] }, 'test');
    for (const [name, password, expected] of [
      ['carla', 'elevenchars', /at least 12 characters/],
      ['carla', 'aaaaaaaaaaaaaaaa', /too simple/],
      ['carla', 'I am carla, hello', /name must not be/],
      ['Carla', PASSWORD, /small letters/],
      ['operator', PASSWORD, /not "operator"/],
      ['anna', PASSWORD, /already/],
    ] as const) {
      await assert.rejects(add(name, password), (error) => error instanceof UsersError && expected.test(error.message));
    }
  });
});
