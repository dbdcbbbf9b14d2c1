/** The accounts on the control pages, on a real Postgres and Redis. */
import assert from 'node:assert/strict';
import { publishStudy } from '../../src/participants/study-store.js';
import { RunningWeb } from './running-web.js';
import { Staff } from './staff.js';

const OWN = 'an own one that is long enough';

describe('the users on the control pages', function () {
  this.timeout(180_000);
  let web: RunningWeb;
  let admin: Staff;
  before(async () => {
    web = await RunningWeb.start();
    await publishStudy(web.database, { ...web.study, id: 'another' });
  });
  after(() => web?.stop());
  beforeEach(async () => {
    await web.database.query('delete from accounts.users');
    admin = await Staff.with(web, 'ada', 'admin');
    await web.database.query('truncate audit');
  });

  const audited = async () =>
    (
      await web.database.query<{ line: string }>(
        `select concat_ws(' ', study_id, subject_id, from_state, to_state, actor, reason) as line from audit where subject = 'user' order by id`,
      )
    ).rows.map(({ line }) => line);
  const outcome = async (response: Response) =>
    [response.status, /data-code="([^"]*)"/.exec(await response.text())?.[1]].filter(Boolean).join(' ');
  const part = (page: string, name: string) => new RegExp(`data-test="${name}"[^>]*>([^<]*)<`).exec(page)?.[1]?.trim();
  /** A form with a field several times. */
  const post = async (path: string, form: readonly (readonly [string, string])[], who = admin): Promise<Response> =>
    who.request(path, {
      method: 'POST',
      headers: { accept: 'text/html' },
      body: new URLSearchParams([
        ['token', await who.token('/control')],
        ...form.map(([name, value]): [string, string] => [name, value]),
      ]),
    });
  const made = async (response: Response): Promise<string> => {
    assert.equal(response.status, 200);
    const password = part(await response.text(), 'password');
    assert.match(password ?? '', /^[a-z0-9]{5}(-[a-z0-9]{5}){3}$/);
    return password!;
  };
  const invite = async (name: string, role = 'viewer', studies: readonly string[] = []) =>
    made(
      await post('/control/add-user', [['name', name], ['role', role], ...studies.map((id) => ['study', id] as const)]),
    );

  it('are added with a password that is shown once, and is good for choosing an own one alone', async () => {
    const password = await invite('vera', 'viewer', ['crypto-api', 'another']);
    assert.doesNotMatch(await admin.page('/control/users/vera'), new RegExp(password));
    const vera = new Staff(web.address);
    assert.equal((await vera.signIn('vera', password)).status, 303);
    assert.equal((await vera.request('/control/studies/crypto-api')).headers.get('location'), '/control/password');
    assert.match(await vera.page('/control/password'), /Choose your own password/);
    const choose = (own: string, repeated = own) =>
      vera.request('/control/password', {
        method: 'POST',
        headers: { accept: 'text/html' },
        body: new URLSearchParams({ token: token, password, new: own, repeated }),
      });
    const token = await vera.token('/control/password');
    assert.equal((await choose(password)).status, 400);
    assert.equal((await choose('short')).status, 400);
    assert.equal((await choose(OWN)).status, 303);
    assert.match(await vera.page('/control'), /crypto-api/);
    assert.equal((await new Staff(web.address).signIn('vera', password)).status, 401);
    assert.equal((await new Staff(web.address).signIn('vera', OWN)).status, 303);
    const lines = (await audited()).filter((line) => !line.includes('sign'));
    assert.deepEqual(lines, [
      'vera added ada viewer',
      'crypto-api vera granted ada study crypto-api',
      'another vera granted ada study another',
      'vera password-changed vera',
    ]);
    assert.doesNotMatch(JSON.stringify(web.lines), new RegExp(password));
  });

  it('come within seven days, or not at all', async () => {
    const password = await invite('vera');
    await web.database.query(`update accounts.users set one_time_until = now() - interval '1 s' where name = 'vera'`);
    assert.equal((await new Staff(web.address).signIn('vera', password)).status, 401);
    assert.match(await admin.page('/control/users'), /never came/);
    const again = await made(await admin.act('/control/users/vera/password'));
    assert.equal((await new Staff(web.address).signIn('vera', again)).status, 303);
  });

  it('are not added with a name, a role or a study that is none, and what was typed stays', async () => {
    for (const name of ['', 'operator', 'has space', '<b>', 'ada']) {
      const answer = await post('/control/add-user', [
        ['name', name],
        ['role', 'researcher'],
        ['study', 'another'],
      ]);
      const page = await answer.text();
      assert.equal(answer.status, 400, name);
      assert.match(page, /data-test="problem"/);
      assert.match(page, /value="researcher" checked/);
      assert.match(page, /value="another" checked/);
      assert.doesNotMatch(page, /<b>/);
    }
    assert.equal(
      await outcome(
        await post('/control/add-user', [
          ['name', 'vera'],
          ['role', 'king'],
        ]),
      ),
      '400 no-such-role',
    );
    const unknown = await post('/control/add-user', [
      ['name', 'vera'],
      ['role', 'viewer'],
      ['study', 'made-up'],
    ]);
    assert.equal(unknown.status, 400);
    assert.deepEqual(await audited(), []);
  });

  it('have their role and studies changed, at once', async () => {
    const rita = await Staff.with(web, 'rita', 'viewer', ['crypto-api']);
    assert.equal((await rita.request('/control/studies/another')).status, 403);
    const changed = await post('/control/users/rita/rights', [
      ['role', 'researcher'],
      ['study', 'another'],
    ]);
    assert.deepEqual([changed.status, changed.headers.get('location')], [303, '/control/users/rita']);
    assert.equal((await rita.request('/control/studies/another/state?to=paused')).status, 200);
    assert.equal((await rita.request('/control/studies/crypto-api')).status, 403);
    const page = await admin.page('/control/users/rita');
    assert.deepEqual([part(page, 'role'), part(page, 'studies')], ['researcher', 'another']);
    assert.deepEqual((await audited()).slice(-3), [
      'rita viewer researcher ada role',
      'another rita granted ada study another',
      'crypto-api rita revoked ada study crypto-api',
    ]);
  });

  it('are signed out by a reset of their password, and their old one is good no more', async () => {
    const vera = await Staff.with(web, 'vera', 'viewer');
    const password = await made(await admin.act('/control/users/vera/password'));
    assert.equal((await vera.request('/control')).status, 401);
    assert.equal((await vera.signIn('vera')).status, 401);
    assert.equal((await vera.signIn('vera', password)).status, 303);
    assert.ok((await audited()).includes('vera password-reset ada'));
  });

  it('are disabled and let in again', async () => {
    const vera = await Staff.with(web, 'vera', 'viewer');
    assert.equal(await outcome(await admin.act('/control/users/vera/disable')), '303');
    assert.equal((await vera.request('/control')).status, 401);
    assert.equal((await vera.signIn('vera')).status, 401);
    assert.match(await admin.page('/control/users/vera'), /data-test="enable"/);
    assert.equal(await outcome(await admin.act('/control/users/vera/disable')), '409 changed-meanwhile');
    assert.equal(await outcome(await admin.act('/control/users/vera/enable')), '303');
    assert.equal((await vera.signIn('vera')).status, 303);
  });

  it('are never without an admin who can sign in', async () => {
    const refused = async (path: string, form: readonly (readonly [string, string])[] = []) =>
      assert.equal(await outcome(await post(path, form)), '409 not-done', path);
    await refused('/control/users/ada/disable');
    await refused('/control/users/ada/rights', [['role', 'researcher']]);
    // Neither is one who is disabled, nor one who has never come.
    await Staff.with(web, 'otto', 'admin');
    assert.equal(await outcome(await admin.act('/control/users/otto/disable')), '303');
    await refused('/control/users/ada/disable');
    await invite('nora', 'admin');
    await refused('/control/users/ada/rights', [['role', 'viewer']]);
    assert.equal(await outcome(await admin.act('/control/users/otto/enable')), '303');
    assert.equal(await outcome(await post('/control/users/ada/rights', [['role', 'viewer']])), '303');
    assert.equal((await admin.request('/control/users')).status, 403);
  });

  it('keep an admin also when two disable each other at the same time', async () => {
    for (let round = 0; round < 5; round += 1) {
      await web.database.query(`delete from accounts.users where name <> 'ada'`);
      const other = await Staff.with(web, 'otto', 'admin');
      const tokens = [await admin.token('/control'), await other.token('/control')] as const;
      const answers = await Promise.all([
        admin.send('/control/users/otto/disable', { token: tokens[0] }),
        other.send('/control/users/ada/disable', { token: tokens[1] }),
      ]);
      assert.ok(answers.some(({ status }) => status === 303));
      const { rows } = await web.database.query<{ name: string }>(
        `select name from accounts.users where role = 'admin' and not disabled`,
      );
      assert.equal(rows.length, 1);
      await web.database.query('update accounts.users set disabled = false');
      await admin.signIn('ada');
    }
  });

  it('show what is of no use for an account not at all, and refuse it', async () => {
    await web.database.query(
      `insert into accounts.users (name, role, subject) values ('olga', 'viewer', 'https://id.example 4711')`,
    );
    const page = await admin.page('/control/users/olga');
    assert.match(page, /signs in elsewhere/);
    assert.doesNotMatch(page, /data-test="reset"/);
    assert.equal(await outcome(await admin.act('/control/users/olga/password')), '409 no-password');
    assert.equal(await outcome(await admin.act('/control/users/ada/password')), '409 own-password');
    for (const name of ['nobody', '%00', '..%2fada', 'ada%20'])
      assert.equal((await admin.request(`/control/users/${name}`)).status, 404, name);
  });
});
