/** Tokens of the HTTP API, from a user's own page and from the command line, on a real Postgres and Redis. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/platform/root.js';
import { ApiClient } from './api-client.js';
import { RunningWeb, SECRET } from './running-web.js';
import { Staff } from './staff.js';

const ACCOUNT = '/control/account';

describe('tokens of the HTTP API', function () {
  this.timeout(120_000);
  let web: RunningWeb;
  let ada: Staff;
  before(async () => {
    web = await RunningWeb.start();
    ada = await Staff.with(web, 'ada', 'researcher', ['crypto-api']);
  });
  after(() => web?.stop());

  const audited = async (): Promise<string[]> => {
    const { rows } = await web.database.query<{ line: string }>(
      `select concat_ws(' ', subject_id, to_state, actor, reason) as line from audit where to_state like 'token-%' order by id`,
    );
    return rows.map(({ line }) => line);
  };

  it('are made on the own page, shown once, kept as a hash, and revoked after a question', async () => {
    const page = await (await ada.act(`${ACCOUNT}/tokens`, { name: 'nightly', days: '30', readOnly: 'on' })).text();
    const [, text] = /data-test="token">(observatory_[\w-]{43})</.exec(page) ?? [];
    assert.ok(text);
    const later = await ada.page(ACCOUNT);
    assert.ok(!later.includes(text) && later.includes('nightly'));
    const { rows } = await web.database.query('select * from accounts.tokens');
    assert.ok(!JSON.stringify(rows).includes(text.slice(12)));
    const client = new ApiClient(web.address, text);
    const self = await client.get('/self');
    assert.equal(self.status, 200);
    assert.deepEqual(
      { ...self.body, token: { ...(self.body['token'] as object), expiresAt: '' } },
      {
        user: 'ada',
        role: 'researcher',
        studies: ['crypto-api'],
        token: { name: 'nightly', readOnly: true, expiresAt: '' },
      },
    );
    assert.doesNotMatch(await ada.page(ACCOUNT), /never/);
    const way = `${ACCOUNT}/tokens/nightly/revoke`;
    assert.match(await ada.page(way), /refused from now on/);
    assert.equal((await client.get('/self')).status, 200);
    assert.equal((await ada.act(way)).status, 303);
    assert.equal((await client.get('/self')).status, 401);
    assert.deepEqual((await audited()).slice(0, 2), [
      'ada token-added ada token nightly, for 30 days, read-only',
      'ada token-revoked ada token nightly',
    ]);
  });

  it('are refused with a reason when the form is wrong', async () => {
    for (const [form, problem] of [
      [{ name: 'a b', days: '1' }, /is none/],
      [{ name: 'ok', days: '0' }, /1 to 366 days/],
      [{ name: 'ok', days: '367' }, /1 to 366 days/],
      [{ name: 'ok', days: 'many' }, /1 to 366 days/],
    ] as const) {
      const answer = await ada.act(`${ACCOUNT}/tokens`, form);
      assert.equal(answer.status, 400);
      assert.match(await answer.text(), problem);
    }
    assert.equal((await ada.act(`${ACCOUNT}/tokens`, { name: 'twice', days: '1' })).status, 200);
    assert.match(await (await ada.act(`${ACCOUNT}/tokens`, { name: 'twice', days: '1' })).text(), /twice already/);
  });

  it('are of nobody else: neither seen nor revoked, and whoever comes by the link has none', async () => {
    const ben = await Staff.with(web, 'ben', 'admin');
    assert.doesNotMatch(await ben.page(ACCOUNT), /twice/);
    assert.equal((await ben.act(`${ACCOUNT}/tokens/twice/revoke`)).status, 404);
    const operator = await Staff.operator(web.address, SECRET);
    assert.match(await operator.page(ACCOUNT), /data-code="no-account"/);
  });

  it('have the role and the studies that their user has now', async () => {
    const client = await ApiClient.with(web, 'cleo', 'viewer', ['crypto-api']);
    assert.equal((await client.get('/studies/crypto-api')).status, 200);
    await web.database.query(`delete from accounts.rights where user_name = 'cleo'`);
    assert.equal((await client.get('/studies/crypto-api')).status, 403);
    await web.database.query(`update accounts.users set role = 'admin' where name = 'cleo'`);
    assert.equal((await client.get('/audit')).status, 200);
  });

  it('are made, listed and revoked by a command', async () => {
    const command = async (...args: string[]): Promise<string> => {
      const env = { ...process.env, DATABASE_URL: web.services.environment['DATABASE_URL'] };
      const whole = ['--import', 'tsx', 'src/cli/main.ts', 'users', 'token', ...args];
      return promisify(execFile)(process.execPath, whole, { cwd: packageRoot, env }).then(
        ({ stdout }) => stdout.trim(),
        (error: { stderr: string }) => error.stderr.trim(),
      );
    };
    const text = await command('add', 'ada', '--name', 'ci', '--days', '7');
    assert.equal((await new ApiClient(web.address, text).get('/self')).status, 200);
    assert.match(await command('list', 'ada'), /^ada {2}ci {2}until \d{4}-\d\d-\d\d {2}last used \d{4}-\d\d-\d\d$/m);
    assert.equal(await command('revoke', 'ada', 'ci'), 'Token ci of user ada is not taken any more.');
    assert.equal((await new ApiClient(web.address, text).get('/self')).status, 401);
    assert.match(await command('add', 'nobody', '--name', 'ci'), /There is no user nobody/);
    assert.match(await command('add', 'ada', '--name', 'ci', '--days', 'x'), /1 to 366 days/);
    assert.match((await audited()).join('\n'), /^ada token-added observatory users token ci, for 7 days$/m);
  });
});
