/** Signing in with OpenID Connect, at a real provider, with a real Postgres and Redis. */
import assert from 'node:assert/strict';
import { disableUser, addUser, changeRights } from '../../src/control/access/users.js';
import { freePort } from '../../src/local/ports.js';
import { PlainParticipant } from '../browser/running-platform.js';
import { CLIENT, OpenIdProvider } from './openid-provider.js';
import { RunningWeb } from './running-web.js';
import { PASSWORD, Staff } from './staff.js';

const BEGIN = '/control/sign-in/oidc';
const html = { headers: { accept: 'text/html' } };

describe('signing in with OpenID Connect', function () {
  this.timeout(120_000);
  let web: RunningWeb;
  let provider: OpenIdProvider;
  before(async () => {
    const port = await freePort();
    const site = `http://127.0.0.1:${port}`;
    provider = await OpenIdProvider.start(`${site}${BEGIN}/callback`);
    web = await RunningWeb.start({
      ...{ OBSERVATORY_PUBLIC_URL: site, OBSERVATORY_LISTEN: `127.0.0.1:${port}` },
      ...{ OBSERVATORY_OIDC_ISSUER: provider.issuer, OBSERVATORY_OIDC_CLIENT_ID: CLIENT.id },
      ...{
        OBSERVATORY_OIDC_CLIENT_SECRET: CLIENT.secret,
        OBSERVATORY_OIDC_ROLES: 'cn=lab,o=x=researcher; admins=admin',
      },
    });
  });
  after(async () => {
    await web?.stop();
    await provider?.stop();
  });
  beforeEach(async () => {
    await web.database.query('delete from accounts.users');
    await web.database.query('truncate audit');
    provider.person = { sub: 'subject-1', preferred_username: 'Anna', groups: ['others', 'cn=lab,o=x'] };
  });

  /** From the sign-in page to the provider and back to our door: the address that the provider leads to. */
  async function answerFor(who: Staff, to = '/control'): Promise<string> {
    const begun = await who.request(`${BEGIN}?to=${encodeURIComponent(to)}`, html);
    assert.equal(begun.status, 303);
    let next = begun.headers.get('location')!;
    const there = new PlainParticipant(provider.issuer);
    for (let step = 0; next.startsWith(provider.issuer); step += 1) {
      assert.ok(step < 5, next);
      const answer = await there.request(next.slice(provider.issuer.length));
      next = new URL(answer.headers.get('location')!, provider.issuer).href;
    }
    const url = new URL(next);
    assert.equal(url.origin, web.publicUrl);
    return url.pathname + url.search;
  }
  async function enter(who: Staff, to?: string): Promise<{ status: number; page: string; refresh: string | null }> {
    const response = await who.request(await answerFor(who, to), html);
    return { status: response.status, page: await response.text(), refresh: response.headers.get('refresh') };
  }
  const isIn = async (who: Staff) => (await who.request('/control', html)).status === 200;
  const audited = async () => {
    const { rows } = await web.database.query<{ line: string }>(
      `select concat_ws(' ', subject_id, from_state, to_state, reason) as line from audit where subject = 'user' order by id`,
    );
    return rows.map(({ line }) => line);
  };

  it('makes an account at the first time, with the role that the claim gives, and leads on to the page', async () => {
    const who = new Staff(web.address);
    assert.match(await who.page('/control/password'), /href="\/control\/sign-in\/oidc\?to=%2Fcontrol%2Fpassword"/);
    const { status, refresh } = await enter(who, '/control/password?x=1');
    assert.deepEqual([status, refresh], [200, '0; url=/control/password?x=1']);
    assert.match(await who.page('/control'), /anna<\/a> \(researcher\)/);
    assert.deepEqual(await audited(), ['anna added researcher', 'anna signed-in OpenID Connect']);
    assert.deepEqual(new Set(provider.challenges), new Set(['S256']));
    assert.equal((await enter(new Staff(web.address), '//elsewhere.example/')).refresh, '0; url=/control');
  });

  it('keeps account and rights when name and role change there', async () => {
    await enter(new Staff(web.address));
    await changeRights(web.database, 'anna', { grant: ['crypto-api'], revoke: [] }, 'test');
    provider.person = { sub: 'subject-1', preferred_username: 'anna-b', groups: 'admins' };
    const who = new Staff(web.address);
    await enter(who);
    assert.match(await who.page('/control'), /anna<\/a> \(admin\)/);
    assert.ok((await audited()).includes('anna researcher admin role'));
  });

  it('gives nobody the account of another with the same name', async () => {
    await addUser(web.database, { name: 'anna', role: 'admin', password: PASSWORD, studies: [] }, 'test');
    const who = new Staff(web.address);
    const { status, page } = await enter(who);
    assert.equal(status, 403);
    assert.match(page, /Another account here has your name/);
    assert.ok(!(await isIn(who)));
    await web.database.query('delete from accounts.users');
    await enter(new Staff(web.address));
    provider.person = { ...provider.person, sub: 'subject-2' };
    assert.equal((await enter(new Staff(web.address))).status, 403);
    const typed = await new Staff(web.address).signIn('anna', '');
    assert.equal(typed.status, 401, 'an account without a password was entered with one');
  });

  it('refuses who has no role, no usable name, or a disabled account', async () => {
    const refused = async (expected: RegExp) => {
      const who = new Staff(web.address);
      const { status, page } = await enter(who);
      assert.equal(status, 403);
      assert.match(page, expected);
      assert.ok(!(await isIn(who)));
    };
    provider.person = { ...provider.person, groups: ['others'] };
    await refused(/have no role here/);
    provider.person = { ...provider.person, groups: undefined };
    await refused(/have no role here/);
    provider.person = { sub: 'x', preferred_username: '<script>', groups: ['admins'] };
    await refused(/says no name that could be used/);
    provider.person = { sub: 'x', preferred_username: 'operator', groups: ['admins'] };
    await refused(/says no name that could be used/);
    provider.person = { sub: 'x', preferred_username: 'ben', groups: ['admins'] };
    await enter(new Staff(web.address));
    await disableUser(web.database, 'ben', true, 'test');
    await refused(/This account is disabled/);
  });

  it('believes no answer that it did not ask for, or that was given before', async () => {
    const victim = new Staff(web.address);
    const attackers = await answerFor(new Staff(web.address));
    const statusOf = async (who: Staff, address: string) => (await who.request(address, html)).status;
    assert.equal(await statusOf(victim, attackers), 400, 'a code of another browser');
    await answerFor(victim);
    assert.equal(await statusOf(victim, attackers), 401, 'a code of another sign-in, in the middle of one');
    assert.equal(await statusOf(victim, attackers), 400, 'what was begun was used up');
    const own = await answerFor(victim);
    const cookie = victim.cookies.get('observatory-control-oidc')!;
    const tampered = own.replace(/state=[^&]+/, 'state=guessed');
    assert.equal(await statusOf(victim, tampered), 401);
    for (const changed of [`${cookie.slice(0, -4)}AAAA`, 'e30']) {
      victim.cookies.set('observatory-control-oidc', changed);
      assert.equal(await statusOf(victim, own), 400, 'a cookie that is not ours');
    }
    assert.ok(!(await isIn(victim)));
    const refusing = new Staff(web.address);
    const state = new URL(await answerFor(refusing), web.address).searchParams.get('state')!;
    assert.equal(await statusOf(refusing, `${BEGIN}/callback?error=access_denied&state=${state}`), 401);
    const twice = new Staff(web.address);
    const answer = await answerFor(twice);
    const begun = twice.cookies.get('observatory-control-oidc')!;
    assert.equal(await statusOf(twice, answer), 200);
    const again = new Staff(web.address);
    again.cookies.set('observatory-control-oidc', begun);
    again.cookies.set('observatory-control-oidc.sig', twice.cookies.get('observatory-control-oidc.sig')!);
    assert.notEqual(await statusOf(again, answer), 200, 'a code was used twice');
  });

  it('says so when the provider is away, and no secret to the log', async () => {
    const away = await RunningWeb.start({
      ...{ OBSERVATORY_OIDC_ISSUER: 'http://localhost:1', OBSERVATORY_OIDC_CLIENT_ID: 'x' },
      ...{ OBSERVATORY_OIDC_CLIENT_SECRET: 'a secret', OBSERVATORY_OIDC_ROLES: '*=viewer' },
    });
    try {
      const answer = await new Staff(away.address).request(BEGIN, html);
      assert.equal(answer.status, 502);
      assert.match(await answer.text(), /cannot be reached/);
      assert.doesNotMatch(JSON.stringify(away.lines), /a secret/);
    } finally {
      await away.stop();
    }
  });
});
