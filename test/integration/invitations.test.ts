/** `observatory tokens` and the links that it makes, on a real Postgres. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/platform/root.js';
import { one } from './old-people.js';
import { RunningWeb } from './running-web.js';
import { answer, giveConsent, participants, takePart, toConsent, visitor, withEntry } from './way-in.js';

const run = promisify(execFile);
const NEEDS_LINK = '403 link-needed';

describe('invitations', function () {
  this.timeout(300_000);
  let web: RunningWeb;
  before(async () => {
    web = await RunningWeb.start();
  });
  after(() => web?.stop());
  beforeEach(() => withEntry(web, { by: ['invitation'] }));
  afterEach(async () => {
    await web.database.query('truncate leases, participants, invitations cascade');
    await web.database.query('update counters set value = 0');
  });

  const tokens = async (...command: string[]) => {
    const { DATABASE_URL } = web.services.environment;
    const env = { ...process.env, DATABASE_URL, OBSERVATORY_PUBLIC_URL: 'https://study.example' };
    const options = { cwd: packageRoot, env };
    return run(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', 'tokens', ...command], options);
  };
  const issued = async (count: number, ...more: string[]): Promise<string[]> => {
    const { stdout } = await tokens('issue', '--study', 'crypto-api', '--count', String(count), ...more);
    return stdout.trim().split('\n');
  };
  const pathOf = (link: string) => link.replace('https://study.example', '');

  it('are shown once and stored as hashes; each lets one participant in, who finds back with it', async () => {
    const links = await issued(2);
    assert.equal(links.length, 2);
    for (const link of links)
      assert.match(link, /^https:\/\/study\.example\/\?study=crypto-api&invitation=[0-9a-f]{32}$/);
    const stored = JSON.stringify((await web.database.query('select * from invitations')).rows);
    for (const link of links) assert.ok(!stored.includes(link.slice(-32)));

    const [first, second] = links.map(pathOf) as [string, string];
    const who = await takePart(web, first);
    assert.equal(await answer(visitor(web).request(first)), '302 /howTo');
    await takePart(web, second);
    assert.match(await answer(who.request(second)), /^403 used-by-another/);
    assert.equal((await participants(web, 'id')).length, 2);
    const unknown = first.slice(0, -32) + '0'.repeat(32);
    assert.equal(await answer(visitor(web).request(unknown)), NEEDS_LINK);
    assert.doesNotMatch(JSON.stringify(web.lines), new RegExp(first.slice(-32)));
    const { stdout } = await tokens('list', '--study', 'crypto-api', '--csv');
    assert.deepEqual(
      stdout
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => [line.split(',')[1], line.split(',')[4]!.length]),
      [
        ['used', 12],
        ['used', 12],
      ],
    );
  });

  it('expire and are revoked, for who reads the consent form too, but not for who takes part', async () => {
    const [head, ...rows] = await issued(4, '--expires', '30d', '--csv');
    assert.equal(head, 'number,invitation,link,expires');
    const days = (Date.parse(rows[0]!.split(',')[3]!) - Date.now()) / 86_400_000;
    assert.ok(days > 29.9 && days <= 30, String(days));
    const [used, reading, idle, old] = rows.map((row) => pathOf(row.split(',')[2]!)) as [
      string,
      string,
      string,
      string,
    ];
    const numbers = rows.map((row) => row.split(',')[0]!);
    await takePart(web, used);
    const reader = await toConsent(web, reading);
    const lateReader = await toConsent(web, old);
    const { stdout } = await tokens('revoke', '--study', 'crypto-api', ...numbers.slice(0, 3));
    assert.equal(stdout, `Revoked: 2.\nUsed already, so not revoked: ${numbers[0]}.\n`);
    await web.database.query(`update invitations set expires_at = now() - interval '1 s' where number = $1`, [
      numbers[3],
    ]);

    assert.equal(await answer(visitor(web).request(used)), '302 /howTo');
    for (const request of [visitor(web).request(idle), giveConsent(reader)]) {
      assert.match(await answer(request), /^403 invitation-revoked/);
    }
    for (const request of [visitor(web).request(old), giveConsent(lateReader)]) {
      assert.match(await answer(request), /^410 invitation-expired/);
    }
    const { stdout: list } = await tokens('list', '--study', 'crypto-api');
    assert.deepEqual(
      [...list.matchAll(/ (used|revoked|expired|unused) /g)].map(([, state]) => state),
      ['used', 'revoked', 'revoked', 'expired'],
    );
  });

  it('come as the original’s pairs too: the participant’s own id and token', async () => {
    const [, row] = await issued(1, '--pairs', '--csv');
    const [, token, token2, link] = row!.split(',') as [string, string, string, string];
    await takePart(web, pathOf(link));
    assert.deepEqual(await participants(web, 'id, token'), [{ id: token, token: token2 }]);
    assert.equal(await answer(visitor(web).request(`/index.php?token=${token}&token2=${token2}`)), '302 /howTo');
    assert.equal(await answer(visitor(web).request(`/index.php?token=${token}&token2=${'a'.repeat(12)}`)), NEEDS_LINK);
  });

  it('let one in of many who come with one at once, and join once', async () => {
    const link = pathOf((await issued(1))[0]!);
    const all = await Promise.all(Array.from({ length: 10 }, () => toConsent(web, link)));
    const answers = await Promise.all(all.map((who) => answer(giveConsent(who))));
    assert.deepEqual(new Set(answers), new Set(['303 /howTo']));
    assert.equal((await participants(web, 'id')).length, 1);
    assert.equal(
      await one(web, `select value::int as it from counters where scope = 'study' and name = 'inFlight'`),
      1,
    );
  });

  it('tells what is wrong with a command, and what the study still lacks', async () => {
    const fails = async (message: RegExp, ...command: string[]) =>
      assert.rejects(tokens(...command), (error: { stderr: string }) => {
        assert.match(error.stderr, message);
        assert.doesNotMatch(error.stderr, /\bat .*:\d+:\d+/);
        return true;
      });
    await fails(/There is no study other/, 'list', '--study', 'other');
    await fails(/Say which/, 'revoke', '--study', 'crypto-api');
    await fails(/Not issued for study crypto-api: 999/, 'revoke', '--study', 'crypto-api', '999');
    await fails(/expected such as 30d/, 'issue', '--study', 'crypto-api', '--count', '1', '--expires', 'soon');
    await fails(/expected at most 100000/, 'issue', '--study', 'crypto-api', '--count', '100001');
    await withEntry(web, {});
    const { stderr } = await tokens('issue', '--study', 'crypto-api', '--count', '1');
    assert.match(stderr, /takes no invitations yet/);
  });
});
