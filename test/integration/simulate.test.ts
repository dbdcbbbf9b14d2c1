/** Bots on a whole Observatory, and what is said when something is wrong with what they left there. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { replayStudy } from '../../src/participants/replay.js';
import { packageRoot } from '../../src/platform/root.js';
import { defaultMix } from '../../src/simulate/mix.js';
import type { Report } from '../../src/simulate/report.js';
import { playAll } from '../../src/simulate/run.js';
import { type Books, readBooks } from '../../src/simulate/verify.js';
import { type RunningPlatform, startPlatform } from '../browser/running-platform.js';

const command = promisify(execFile);

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const observatory = (...args: string[]): Promise<Ended> =>
  command(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...args], { cwd: packageRoot }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: Ended) => error,
  );

describe('a simulation', function () {
  this.timeout(300_000);

  it('of all behaviours ends with nothing lost, doubled, leaked or unbalanced, and each did what it should', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'observatory-simulate-'));
    try {
      const [mix, page] = [path.join(folder, 'mix.yaml'), path.join(folder, 'report.html')];
      await writeFile(
        mix,
        `behaviours: { steady: 1, reload: 1, two-tabs: 1, offline: 1, double-clicks: 1, dropout: 1, hostile: 1 }
dropoutAt: [task]
offlineSeconds: 1
pauseSeconds: [0, 0.1]
`,
      );
      const who = ['--study', 'crypto-api', '--participants', '8', '--browser', '1', '--behaviour', mix];
      const how = ['--arrivals', 'burst', '--json', '--report', page];
      const { code, stdout, stderr } = await observatory('simulate', ...who, ...how);
      const report = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as Report;
      assert.deepEqual([report.problems, code], [[], 0], stderr);
      assert.deepEqual([report.finished, report.left, report.failed], [7, 1, 0]);
      assert.deepEqual([report.events.lost, report.doubled, report.leaked], [0, 0, 0]);
      assert.ok(report.imbalance! <= 1 && report.events.stored! > 100 && report.attacksRefused >= 13);
      // Who left at once may have left nothing.
      assert.ok(report.replayed!.same >= 7 && report.replayed!.different === 0);
      // The older of two tabs went on typing.
      assert.equal(report.events.strays, 1);
      assert.match(stderr, /8 of 8 arrived/);
      const html = await readFile(page, 'utf8');
      assert.match(html, /<svg role="img"/);
      assert.doesNotMatch(html, /(?:src|href)=|url\(|NaN|undefined/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('does not break what runs elsewhere, and says what is wrong with its options', async () => {
    const { code, stderr } = await observatory('simulate', '--study', 'x', '--url', 'http://127.0.0.1:1', '--faults');
    assert.equal(code, 1);
    assert.match(stderr, /^--faults breaks things on purpose/m);
    const missing = await observatory('simulate', '--study', 'x', '--behaviour', '/nowhere/mix.yaml');
    assert.match(missing.stderr, /^\/nowhere\/mix\.yaml is not there\.$/m);
  });
});

describe('the books of a simulation', function () {
  this.timeout(300_000);
  let platform: RunningPlatform;
  let look: () => Promise<Books>;

  before(async () => {
    platform = await startPlatform(2);
    const run = await playAll({
      ...{ publicUrl: platform.stack.publicUrl, studyId: 'crypto-api', participants: 2, arrivals: 'burst', rate: 60 },
      ...{ mix: { ...defaultMix, pauseSeconds: [0, 0] }, seed: 1, progress: () => undefined },
    });
    assert.deepEqual(
      run.played.map(({ outcome, error }) => [outcome, error]),
      Array(2).fill(['finished', undefined]),
    );
    const { played, browsers } = run;
    const running = () => Promise.resolve([]);
    const seen = { studyId: 'crypto-api', played, browsers, running };
    await readBooks(platform.database, seen);
    look = () => readBooks(platform.database, { ...seen, settleMs: 0 });
  });
  after(() => platform?.stop());

  const change = (sql: string) => platform.database.query(sql);
  const aBusyOne = `(select participant_id, seq from events where type = 'edit' order by participant_id, seq limit 1)`;

  it('agree when all is well, as does the replay', async () => {
    const { lost, doubled, leaked, imbalance } = await look();
    assert.deepEqual([lost, doubled, leaked], [[], [], []]);
    assert.ok(imbalance <= 1);
    const { compared, differences } = await replayStudy(platform.database, 'crypto-api');
    assert.deepEqual([compared, differences], [2, []]);
  });

  it('name what is leaked and what is doubled', async () => {
    await change(
      `insert into instances (id, profile, state, job_id, ready_at, retired_at) values ('00000000beef', 'x', 'retiring', 'j', now(), now())`,
    );
    await change(
      `insert into stray_events (participant_id, page, seq, event)
       select participant_id, page, seq, jsonb_build_object('clock', clock, 'type', type) from events where (participant_id, seq) = ${aBusyOne}`,
    );
    const { leaked, doubled } = await look();
    assert.deepEqual(leaked, ['instance 00000000beef is retiring and nobody has it']);
    assert.match(doubled.join(), /^event edit of participant [a-z0-9]{12} is stored twice$/);
    await change(`delete from stray_events`);
    await change(`update instances set state = 'stopped', stopped_at = now() where id = '00000000beef'`);
  });

  it('name what is lost, and the replay finds another notebook', async () => {
    await change(`delete from events where (participant_id, seq) = ${aBusyOne}`);
    const { lost } = await look();
    assert.match(lost.join(), /^event \d+ \(edit\) of participant [a-z0-9]{12}$/);
    const { differences } = await replayStudy(platform.database, 'crypto-api');
    assert.match(differences.map(({ what }) => what).join(), /^cell [a-z0-9-]+: event \d+ ran other code than/);
  });
});
