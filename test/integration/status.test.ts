/** `observatory status` and `observatory drain` as an operator runs them, on a real Postgres and Consul, with a manager that the test plays. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Status } from '../../src/control/status.js';
import { type LocalServices, startServices } from '../../src/local/index.js';
import { publishStudy } from '../../src/participants/study-store.js';
import { ConsulClient } from '../../src/platform/consul.js';
import { type PassReport, writePassReport } from '../../src/platform/pass-report.js';
import { type Database, openDatabase } from '../../src/platform/postgres/database.js';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { packageRoot } from '../../src/platform/root.js';
import { readStudy } from '../../src/studies/read.js';
import { poll } from '../poll.js';

const report: PassReport = {
  milliseconds: 41,
  actions: { dispatch: { done: 2, failed: 0 }, stop: { done: 1, failed: 1 } },
  pools: [
    {
      ...{ profile: 'default', job: 'observatory-instance', version: 3, min: 2, max: 10, maxInstances: 200, target: 4 },
      ...{ waiting: 0, booting: 0, ready: 0, leased: 0, retiring: 0, failed: 0 },
    },
  ],
  problems: [],
  drained: false,
};

interface Running {
  readonly child: ChildProcess;
  said(): string;
  ended(): Promise<number>;
}

describe('an operator', function () {
  this.timeout(300_000);
  let runDir: string;
  let services: LocalServices;
  let database: Database;
  let consul: ConsulClient;
  before(async () => {
    runDir = await mkdtemp(path.join(tmpdir(), 'observatory-status-'));
    services = await startServices({ runDir, only: ['postgres', 'consul'] });
    consul = new ConsulClient({ CONSUL_HTTP_ADDR: services.environment['CONSUL_HTTP_ADDR']! });
    database = openDatabase(services.environment['DATABASE_URL']!, () => undefined);
    await migrate(database);
    await publishStudy(database, await readStudy(path.join(packageRoot, 'studies/crypto-api')));
  });
  after(async () => {
    consul?.close();
    await database?.end();
    await services?.stop();
    await rm(runDir, { recursive: true, force: true });
  });
  afterEach(async () => {
    await database.query('truncate leases, participants, instances, audit cascade');
    await database.query('update leadership set term = 0, holder = null, report = null, reported_at = null');
    await consul.deleteKey('observatory/drain');
  });

  const observatory = (words: readonly string[], environment: Record<string, string> = {}): Running => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...words], {
      cwd: packageRoot,
      env: {
        ...{ PATH: process.env['PATH'], ...services.environment, REDIS_URL: 'redis://127.0.0.1:1' },
        ...{ OBSERVATORY_SECRET: 'x'.repeat(32), OBSERVATORY_PUBLIC_URL: 'http://127.0.0.1', ...environment },
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (text += part.toString()));
    const exit = once(child, 'close') as Promise<[number]>;
    return { child, said: () => text, ended: async () => (await exit)[0] };
  };
  const status = async (...words: string[]) => {
    const running = observatory(['status', ...words]);
    const code = await running.ended();
    return { code, text: running.said() };
  };
  const passes = async (more: Partial<PassReport> = {}, secondsAgo = 0) => {
    await database.query(`update leadership set term = 1, holder = 'infra-3/4711/0a1b2c3d'`);
    await database.query(
      `insert into audit (subject, subject_id, to_state, actor, at)
       select 'leadership', holder, 'leading', 'manager', now() - interval '2 hours' from leadership`,
    );
    assert.ok(await writePassReport(database, 1, { ...report, ...more }));
    await database.query(`update leadership set reported_at = now() - make_interval(secs => $1)`, [secondsAgo]);
  };
  const instances = (state: string, count: number) =>
    database.query(
      `insert into instances (id, profile, study_id, state, job_id, ready_at)
       select substr(md5($1 || n), 1, 12), 'default', 'crypto-api', $1, 'job-' || $1 || n, now() from generate_series(1, $2::int) n`,
      [state, count],
    );

  it('sees that all is well, who leads, what the last pass did, and the pools', async () => {
    await passes();
    await instances('ready', 3);
    await instances('leased', 2);
    const { code, text } = await status();
    assert.equal(code, 0, text);
    assert.match(text, /^All is well\.\n/);
    assert.match(text, /^Leader {5}process 4711 on infra-3, for 2 h 0 min$/m);
    assert.match(text, /^Last pass {2}\d+ s ago, took 41 ms: 2 dispatch, 2 stop \(1 failed\)$/m);
    assert.match(text, /^ {2}default +4 +3 +0 +2 +0 +0 +0 +2–10 +200$/m);
    assert.match(text, /^ {2}crypto-api +open +0 +0 +0$/m);
  });

  it('reads problems first, and a script gets exit code 1', async () => {
    await passes({ problems: ['No node has room: memory is used up on 2 of 3 nodes.'], drained: true });
    const { code, text } = await status();
    assert.equal(code, 1);
    assert.match(text, /^✘ No node has room: memory is used up on 2 of 3 nodes\.\n/);
    assert.match(text, /^Drain {6}is on: /m);
    const json = await status('--json');
    assert.equal(json.code, 1);
    const { problems, leader, pools } = JSON.parse(json.text) as Status;
    assert.deepEqual(problems, ['No node has room: memory is used up on 2 of 3 nodes.']);
    assert.deepEqual([leader?.host, leader?.pid, pools[0]?.target], ['infra-3', 4711, 4]);
  });

  it('is told when nobody leads any more, with what is true all the same', async () => {
    await passes({ problems: ['Nomad could not be read.'] }, 200);
    await instances('ready', 1);
    const { code, text } = await status();
    assert.equal(code, 1);
    assert.match(text, /^✘ Nobody leads: the last pass was 3 min ago, by process 4711 on infra-3\. /);
    assert.match(text, /^✘ At the last pass: Nomad could not be read\.$/m);
    assert.match(text, /^Leader {5}nobody$/m);
    assert.match(text, /^ {2}default +4 +1 /m);
    assert.match(text, /whether the instances still run is not known/);
  });

  it('is told when no manager ever led, and when there is no Postgres', async () => {
    const never = await status();
    assert.equal(never.code, 1);
    assert.match(never.text, /^✘ Nobody leads: no manager has made a pass yet\. Start `observatory manager`/);
    const gone = observatory(['status'], { DATABASE_URL: 'postgres://127.0.0.1:1/nothing' });
    assert.equal(await gone.ended(), 1);
    assert.match(gone.said(), /^Postgres cannot be read: .*ECONNREFUSED.*\.\n$/);
  });

  it('watches, until Ctrl-C', async () => {
    const running = observatory(['status', '--json', '--watch']);
    await poll('two looks', () => Promise.resolve(running.said().split('\n').length > 2), 60);
    running.child.kill('SIGINT');
    assert.equal(await running.ended(), 0);
  });

  it('drains, and sees it go on until no warm instance is left', async () => {
    await passes();
    await instances('ready', 2);
    await instances('leased', 1);
    const running = observatory(['drain']);
    await poll('the progress', () => Promise.resolve(running.said().includes('2 warm instances left')), 60);
    await database.query(`update instances set state = 'retiring' where state = 'ready'`);
    await poll('the empty pool', () => Promise.resolve(running.said().includes('0 warm instances left')), 60);
    assert.doesNotMatch(running.said(), /are drained/, 'the leader has not seen the drain yet');
    await passes({ drained: true });
    assert.equal(await running.ended(), 0);
    assert.equal(
      running.said(),
      '2 warm instances left; 1 leased, which stays.\n0 warm instances left; 1 leased, which stays.\n' +
        'The pools are drained. `observatory drain --off` fills them again.\n',
    );
    const off = observatory(['drain', '--off']);
    assert.equal(await off.ended(), 0);
    assert.equal(off.said(), 'The drain is over. The manager fills the pools again.\n');
  });

  it('leaves the drain on with Ctrl-C, and is told so, and that nobody leads', async () => {
    const key = async () =>
      (await fetch(`${services.environment['CONSUL_HTTP_ADDR']}/v1/kv/observatory/drain?raw`)).text();
    const running = observatory(['drain']);
    await poll('the sentence', () => Promise.resolve(running.said().includes('now nobody does')), 60);
    running.child.kill('SIGINT');
    assert.equal(await running.ended(), 130);
    assert.match(
      running.said(),
      /The drain stays on, and goes on without this command\. `observatory drain --off` ends it\.\n$/,
    );
    assert.equal(await key(), 'true');
    assert.equal(await observatory(['drain', '--off']).ended(), 0);
    assert.equal(await key(), '');
  });

  it('is told when Consul cannot be asked', async () => {
    const running = observatory(['drain'], { CONSUL_HTTP_ADDR: 'http://127.0.0.1:1' });
    assert.equal(await running.ended(), 1);
    assert.match(
      running.said(),
      /^The drain is not begun: Consul, write observatory\/drain: .*ECONNREFUSED.*`observatory doctor`/,
    );
  });
});
