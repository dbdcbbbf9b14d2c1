/** Each route of the control area refuses whoever may not have it, on a real Postgres and Redis. A route without a case fails. */
import assert from 'node:assert/strict';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { type Role, roles } from '../../src/control/access/role.js';
import type { ControlRoute } from '../../src/control/access/route.js';
import { addUser, resetPassword } from '../../src/control/access/users.js';
import { Lookout } from '../../src/control/overview/lookout.js';
import { nomadUi } from '../../src/control/nomad-ui.js';
import { controlTable } from '../../src/control/routes.js';
import { ACCOUNT, cases, THEIRS } from './control-cases.js';
import { addSubjects } from './control-subjects.js';
import { RunningWeb, SECRET } from './running-web.js';
import { PASSWORD, Staff } from './staff.js';

type Asking = Readonly<{ headers?: Record<string, string>; token?: string | null }>;

const nameOf = ({ method, path }: Pick<ControlRoute, 'method' | 'path'>): string => `${method} ${path}`;

describe('the control area', function () {
  this.timeout(180_000);
  let web: RunningWeb;
  let redis: Redis;
  let table: readonly ControlRoute[];
  before(async () => {
    web = await RunningWeb.start();
    await addSubjects(web);
    redis = new Redis(web.services.environment['REDIS_URL']!);
    // The routes are only listed here; the web app has its own.
    const never = new Lookout({
      database: web.database,
      log: pino({ level: 'silent' }),
      staleAfterSeconds: 30,
      show: () => '',
    });
    await never.stop();
    table = controlTable({
      ...{ database: web.database, redis, secret: SECRET, staleAfterSeconds: 30 },
      ...{ nomad: nomadUi(web.settings), publicUrl: web.publicUrl, replay: { js: '', css: '' } },
      webNomad: undefined,
      ...{ instanceHourPrice: undefined, lookout: never },
      ...{ log: pino({ level: 'silent' }), provider: undefined },
    });
  });
  after(async () => {
    redis?.disconnect();
    await web?.stop();
  });
  beforeEach(() => addUser(web.database, { name: ACCOUNT, role: 'viewer', password: PASSWORD, studies: [] }, 'test'));
  afterEach(async () => {
    await web.database.query('delete from accounts.sessions');
    await web.database.query('delete from accounts.users');
  });

  let users = 0;
  const somebody = (role: Role, studies: readonly string[]): Promise<Staff> =>
    Staff.with(web, `${role}-${(users += 1)}`, role, role === 'admin' ? [] : studies);

  /** The status and the code of the answer; refused means also that nothing happened. */
  async function ask(who: Staff, route: ControlRoute, { headers = {}, token }: Asking = {}): Promise<string> {
    const { path, form = {} } = cases[nameOf(route)]!;
    const own = token === undefined && route.method === 'POST' ? await who.token(formOf(route)) : token;
    const response =
      route.method === 'GET'
        ? await who.request(path, { headers: { accept: 'text/html', ...headers } })
        : await who.send(path, { ...form, ...(own != null && { token: own }) }, headers);
    const isStream = response.headers.get('content-type')!.startsWith('text/event-stream');
    if (isStream) await response.body!.cancel();
    const page = isStream ? '' : await response.text();
    assert.match(response.headers.get('cache-control')!, isStream ? /^no-store, / : /^no-store$/, nameOf(route));
    assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/);
    return [response.status, /data-code="([^"]*)"/.exec(page)?.[1]].filter(Boolean).join(' ');
  }

  /** Where a form of this route is. */
  const formOf = ({ needs }: ControlRoute): string => (needs === 'nobody' ? '/control/sign-in' : '/control');

  const actions = async (): Promise<number> =>
    (await web.database.query<{ count: number }>(`select count(*)::int as count from audit`)).rows[0]!.count;

  async function refused(what: string, route: ControlRoute, expected: string, asked: () => Promise<string>) {
    const before = await actions();
    assert.equal(await asked(), expected, `${nameOf(route)}, ${what}`);
    assert.equal(await actions(), before, `${nameOf(route)}, ${what}: something was done`);
  }

  const guarded = () => table.filter(({ needs }) => needs !== 'nobody');
  const posts = () => table.filter(({ method }) => method === 'POST');

  it('has a case here for each of its routes, and no route that the table does not have', () => {
    const routed = web.routes
      .filter(({ path }) => path.startsWith('/control') && !path.startsWith('/control/api/'))
      .map(({ methods, path }) => `${methods.find((method) => method !== 'HEAD')} ${path}`);
    assert.deepEqual([...routed].sort(), table.map(nameOf).sort());
    assert.deepEqual(Object.keys(cases).sort(), table.map(nameOf).sort());
  });

  it('lets in whoever may', async () => {
    for (const route of table) {
      const who = route.needs === 'nobody' ? new Staff(web.address) : await somebody(route.needs, [THEIRS]);
      const { allowed } = cases[nameOf(route)]!;
      assert.match(await ask(who, route), new RegExp(`^${allowed}`), nameOf(route));
    }
  });

  it('refuses whoever is not signed in, or not any more', async () => {
    for (const route of guarded()) {
      const stranger = new Staff(web.address);
      await refused('no session', route, '401', () => ask(stranger, route, { token: null }));
      const forged = new Staff(web.address);
      forged.cookies.set('observatory-control', 'f'.repeat(64));
      await refused('made-up session', route, '401', () => ask(forged, route, { token: null }));
      for (const [what, change] of [
        ['expired', `expires_at = now() - interval '1 s'`],
        ['idle for too long', `used_at = now() - interval '2 h 1 s'`],
      ] as const) {
        const who = await somebody('admin', []);
        const token = await who.token('/control');
        await web.database.query(`update accounts.sessions set ${change}`);
        await refused(what, route, '401', () => ask(who, route, { token }));
      }
      const disabled = await somebody('admin', []);
      const token = await disabled.token('/control');
      await web.database.query('update accounts.users set disabled = true');
      await refused('disabled', route, '401', () => ask(disabled, route, { token }));
      await web.database.query('delete from accounts.users');
    }
  });

  it('leads whoever came in with a password for one sign-in to choosing their own, and nowhere else', async () => {
    const own = ['/control/password', '/control/sign-out'];
    const who = new Staff(web.address);
    await addUser(web.database, { name: 'once', role: 'admin', password: PASSWORD, studies: [] }, 'test');
    await who.signIn('once', await resetPassword(web.database, 'once', 'test'));
    const token = await who.token('/control/password');
    for (const route of guarded().filter(({ path }) => !own.includes(path))) {
      await refused('a password for one sign-in', route, '303', () => ask(who, route, { token }));
      assert.equal((await who.request('/control')).headers.get('location'), '/control/password');
    }
  });

  it('refuses a role that is not enough', async () => {
    for (const route of guarded()) {
      for (const role of roles.slice(0, roles.indexOf(route.needs as Role))) {
        const who = await somebody(role, [THEIRS]);
        await refused(role, route, '403 role-needed', () => ask(who, route));
      }
    }
  });

  it('refuses whoever has the role, but not for this study', async () => {
    for (const route of guarded().filter(({ study, needs }) => study && needs !== 'admin')) {
      const who = await somebody(route.needs as Role, ['another']);
      await refused('another study', route, '403 not-your-study', () => ask(who, route));
      const none = await somebody(route.needs as Role, []);
      await refused('no study', route, '403 not-your-study', () => ask(none, route));
    }
  });

  it('refuses forms that are not of its own pages', async () => {
    for (const route of posts()) {
      const who = route.needs === 'nobody' ? new Staff(web.address) : await somebody(route.needs, [THEIRS]);
      const token = await who.token(formOf(route));
      const others = await somebody('admin', []);
      for (const [what, asking] of [
        ['no token', { token: null }],
        ['empty token', { token: '' }],
        ['wrong token', { token: 'f'.repeat(64) }],
        ['token of another session', { token: await others.token('/control') }],
        ['from another site', { token, headers: { origin: 'https://elsewhere.example' } }],
        ['from another port', { token, headers: { origin: 'http://127.0.0.1:1' } }],
        ['from a hidden page', { token, headers: { origin: 'null' } }],
        ['from another site, as the browser says', { token, headers: { 'sec-fetch-site': 'cross-site' } }],
        ['from a neighbour, as the browser says', { token, headers: { 'sec-fetch-site': 'same-site' } }],
      ] as const) {
        await refused(what, route, '403 foreign-form', () => ask(who, route, asking));
      }
      await refused('not a form', route, '415 not-a-form', async () => {
        const body = {
          method: 'POST',
          body: '{}',
          headers: { 'content-type': 'application/json', accept: 'text/html' },
        };
        const response = await who.request(cases[nameOf(route)]!.path, body);
        return `${response.status} ${/data-code="([^"]*)"/.exec(await response.text())?.[1]}`;
      });
    }
  });

  it('answers programs in JSON', async () => {
    const headers = { accept: 'application/json' };
    const stranger = await new Staff(web.address).request('/control', { headers });
    assert.deepEqual([stranger.status, ((await stranger.json()) as { error: string }).error], [401, 'signed-out']);
    const who = await somebody('viewer', []);
    const posted = await who.send('/control/sign-out', {}, headers);
    assert.deepEqual([posted.status, ((await posted.json()) as { error: string }).error], [403, 'foreign-form']);
  });
});
