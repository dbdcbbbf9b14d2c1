/** `observatory users` as an operator runs it, on a real Postgres. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { PasswordCheck } from '../../src/control/access/passwords.js';
import { type LocalServices, startServices } from '../../src/local/index.js';
import { publishStudy } from '../../src/participants/study-store.js';
import { type Database, openDatabase } from '../../src/platform/postgres/database.js';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { packageRoot } from '../../src/platform/root.js';
import { readStudy } from '../../src/studies/read.js';
import { PASSWORD } from './staff.js';

describe('observatory users', function () {
  this.timeout(120_000);
  let runDir: string;
  let services: LocalServices;
  let database: Database;
  before(async () => {
    runDir = await mkdtemp(path.join(tmpdir(), 'observatory-users-'));
    services = await startServices({ runDir, only: ['postgres'] });
    database = openDatabase(services.environment['DATABASE_URL']!, () => undefined);
    await migrate(database);
    await publishStudy(database, await readStudy(path.join(packageRoot, 'studies/crypto-api')));
  });
  after(async () => {
    await database?.end();
    await services?.stop();
    await rm(runDir, { recursive: true, force: true });
  });

  const users = async (args: string[], input = ''): Promise<string> => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', 'users', ...args], {
      cwd: packageRoot,
      env: { ...process.env, DATABASE_URL: services.environment['DATABASE_URL'] },
    });
    child.stdin.end(input);
    const [said, problems, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit') as Promise<[number]>,
    ]);
    return `${code} ${said}${problems}`.trim();
  };

  it('adds, lists, changes and disables, with the password from a pipe and nothing of it in the audit', async () => {
    assert.match(await users(['list']), /^0 There is no account yet/);
    assert.equal(
      await users(['add', 'anna', '--role', 'viewer', '--study', 'crypto-api'], `${PASSWORD}\nsecond line`),
      '0 User anna can sign in.',
    );
    assert.match(await users(['add', 'anna', '--role', 'viewer'], PASSWORD), /^1 There is a user anna already\.$/);
    assert.match(await users(['add', 'ben', '--role', 'viewer'], 'too short'), /^1 A password has at least 12/);
    assert.match(await users(['add', 'ben', '--role', 'boss'], PASSWORD), /^1 .*expected viewer, researcher, admin/);
    assert.match(
      await users(['add', 'ben', '--role', 'viewer', '--study', 'none'], PASSWORD),
      /^1 There is no study none/,
    );
    assert.equal(await users(['list']), '0 anna  viewer  crypto-api');
    assert.equal(
      await users(['rights', 'anna', '--role', 'researcher', '--revoke', 'crypto-api']),
      '0 anna  researcher  no study',
    );
    assert.match(await users(['rights', 'anna', '--revoke', 'crypto-api']), /^1 User anna has no right/);
    assert.equal(await users(['rights', 'anna', '--grant', 'crypto-api']), '0 anna  researcher  crypto-api');
    const next = 'the password after that';
    assert.match(await users(['password', 'anna'], next), /^0 User anna has a new password/);
    assert.match(await users(['disable', 'anna']), /^0 User anna cannot sign in any more\.$/);
    assert.match(await users(['list']), /disabled$/);
    assert.match(await users(['disable', 'anna', '--off']), /^0 User anna can sign in again\.$/);
    assert.match(await users(['password', 'nobody'], PASSWORD), /^1 There is no user nobody\.$/);

    const { rows } = await database.query<{ password: string }>('select password from accounts.users');
    assert.match(rows[0]!.password, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    assert.ok(await new PasswordCheck().matches(next, rows[0]!.password));
    const audit = await database.query<{ line: string }>(
      `select concat_ws(' ', study_id, subject_id, from_state, to_state, actor, reason) as line from audit where subject = 'user' order by id`,
    );
    assert.deepEqual(
      audit.rows.map(({ line }) => line),
      [
        'anna added observatory users viewer',
        'crypto-api anna granted observatory users study crypto-api',
        'anna viewer researcher observatory users role',
        'crypto-api anna revoked observatory users study crypto-api',
        'crypto-api anna granted observatory users study crypto-api',
        'anna password-changed observatory users',
        'anna disabled observatory users',
        'anna enabled observatory users',
      ],
    );
  });
});
