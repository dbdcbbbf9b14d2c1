/** Each operation of the HTTP API refuses whoever may not have it, on a real Postgres and Redis. An operation without a case fails. */
import assert from 'node:assert/strict';
import { Redis } from 'ioredis';
import { type Role, roles } from '../../src/control/access/role.js';
import { revokeToken } from '../../src/control/access/tokens.js';
import type { Endpoint } from '../../src/control/api/endpoint.js';
import { endpoints } from '../../src/control/api/endpoints.js';
import { type Answer, ApiClient } from './api-client.js';
import { apiCases, HELD, THEIRS } from './control-cases.js';
import { addSubjects } from './control-subjects.js';
import { RunningWeb } from './running-web.js';
import { Staff } from './staff.js';

describe('the HTTP API of the control area', function () {
  this.timeout(180_000);
  let web: RunningWeb;
  let redis: Redis;
  before(async () => {
    web = await RunningWeb.start();
    await addSubjects(web);
    redis = new Redis(web.services.environment['REDIS_URL']!);
  });
  after(async () => {
    redis?.disconnect();
    await web?.stop();
  });
  afterEach(() => web.database.query('delete from accounts.users'));

  let users = 0;
  const somebody = (role: Role, studies: readonly string[], token = {}): Promise<ApiClient> =>
    ApiClient.with(web, `${role}-${(users += 1)}`, role, role === 'admin' ? [] : studies, token);

  const ask = (who: ApiClient, { name, method }: Endpoint, headers: Record<string, string> = {}): Promise<Answer> => {
    const { path, body } = apiCases[name]!;
    return method === 'GET' ? who.get(path, headers) : who.post(path, body, headers);
  };

  const actions = async (): Promise<number> => {
    const { rows } = await web.database.query<{ count: number }>(
      `select count(*)::int as count from audit where to_state <> 'token-refused'`,
    );
    return rows[0]!.count;
  };

  /** Nothing happens, and what is answered is a problem in words. */
  async function refused(what: string, route: Endpoint, expected: string, asked: () => Promise<Answer>): Promise<void> {
    const before = await actions();
    const { status, type, body, headers } = await asked();
    assert.equal(
      `${status} ${String(body['type'])}`,
      expected.replace(' ', ' urn:observatory:'),
      `${route.name}, ${what}`,
    );
    assert.deepEqual([type, body['status'], typeof body['detail']], ['application/problem+json', status, 'string']);
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(headers.has('www-authenticate'), status === 401);
    assert.equal(headers.has('set-cookie'), false);
    assert.equal(await actions(), before, `${route.name}, ${what}: something was done`);
  }

  it('has a case for each of its operations', () => {
    assert.deepEqual(Object.keys(apiCases).sort(), endpoints.map(({ name }) => name).sort());
    const routed = web.routes.filter(({ path }) => path.startsWith('/control/api/'));
    assert.deepEqual(
      routed.map(({ methods, path }) => `${methods.at(-1)} ${path}`).sort(),
      ['GET /control/api/v1/openapi.json', ...endpoints.map(({ method, path }) => `${method} ${path}`)].sort(),
    );
  });

  it('refuses whoever has no token, or one that does not work', async () => {
    for (const route of endpoints) {
      await refused('no token', route, '401 token-needed', () => ask(new ApiClient(web.address, null), route));
      // A session of the pages is worth nothing here, with its form token or without.
      const signedIn = await Staff.with(web, `signed-in-${(users += 1)}`, 'admin');
      const cookie = { cookie: signedIn.cookie };
      await refused('a session', route, '401 token-needed', () => ask(new ApiClient(web.address, null), route, cookie));
    }
    for (const route of endpoints) {
      const wrong = new ApiClient(web.address, `observatory_${'x'.repeat(43)}`);
      await refused('wrong token', route, '401 token-refused', () => ask(wrong, route));
      // More wrong ones than a few are throttled.
      await redis.flushdb();
      const expired = await somebody('admin', []);
      await web.database.query(`update accounts.tokens set expires_at = now() - interval '1 s'`);
      await refused('expired', route, '401 token-refused', () => ask(expired, route));
      const revoked = await somebody('admin', []);
      await revokeToken(web.database, `admin-${users}`, 'test', 'test');
      await refused('revoked', route, '401 token-refused', () => ask(revoked, route));
      const disabled = await somebody('admin', []);
      await web.database.query('update accounts.users set disabled = true');
      await refused('disabled', route, '401 token-refused', () => ask(disabled, route));
    }
  });

  it('refuses a role that is not enough', async () => {
    for (const route of endpoints) {
      for (const role of roles.slice(0, roles.indexOf(route.needs))) {
        const who = await somebody(role, [THEIRS]);
        await refused(role, route, '403 role-needed', () => ask(who, route));
      }
    }
  });

  it('refuses whoever has the role, but not for this study', async () => {
    for (const route of endpoints.filter(({ study }) => study)) {
      const who = await somebody(route.needs, ['another']);
      await refused('another study', route, '403 not-your-study', () => ask(who, route));
    }
    // To whoever does not see the study, its instances are not there.
    for (const name of ['readInstance', 'retireInstance', 'replaceInstance']) {
      const who = await somebody('researcher', ['another']);
      const route = endpoints.find((each) => each.name === name)!;
      await refused('instance of another study', route, '404 unknown-instance', () => ask(who, route));
    }
  });

  it('refuses every change with a token that is read-only', async () => {
    for (const route of endpoints.filter(({ method }) => method === 'POST')) {
      const who = await somebody('admin', [], { readOnly: true });
      await refused('read-only', route, '403 read-only-token', () => ask(who, route));
    }
  });

  it('takes no token for the pages', async () => {
    const { token } = await somebody('admin', []);
    const page = await fetch(`${web.address}/control/studies/${THEIRS}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    assert.equal(page.status, 401);
  });

  it('makes whoever sends many wrong tokens wait, and nobody else at their address', async () => {
    await redis.flushdb();
    const right = await somebody('viewer', []);
    const wrong = new ApiClient(web.address, 'nonsense');
    const statuses = [];
    for (let n = 0; n < 52; n += 1) statuses.push((await wrong.get('/self')).status);
    assert.deepEqual(new Set(statuses.slice(0, 50)), new Set([401]));
    const throttled = await wrong.get('/self');
    assert.deepEqual([statuses[50], statuses[51], throttled.status], [429, 429, 429]);
    assert.ok(Number(throttled.headers.get('retry-after')) > 0);
    assert.equal((await right.get('/self')).status, 200);
    const { rows } = await web.database.query(`select from audit where to_state = 'token-throttled'`);
    assert.equal(rows.length, 1);
  });

  it('lets in whoever may, and notes each change with the names of the user and the token', async () => {
    for (const route of endpoints) {
      const who = await somebody(route.needs, [THEIRS], { name: 'nightly' });
      const answer = await ask(who, route);
      assert.equal(answer.status, 200, `${route.name}: ${answer.text}`);
      const actor = `${route.needs}-${users} (token nightly)`;
      const { rows } = await web.database.query(`select from audit where actor = $1`, [actor]);
      const isNoted = route.method === 'POST' || route.name.startsWith('export');
      assert.equal(rows.length > 0, isNoted, route.name);
    }
    const { rows } = await web.database.query<{ state: string }>('select state from instances where id = any($1)', [
      HELD,
    ]);
    assert.deepEqual(new Set(rows.map(({ state }) => state)), new Set(['retiring']));
  });
});
