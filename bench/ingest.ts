import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { type Cleanup, withCleanup } from '../src/local/cleanup.js';
import { startServices } from '../src/local/index.js';
import { answers } from '../src/local/http-probe.js';
import { ManagedProcess } from '../src/local/process.js';
import { publishStudy } from '../src/participants/study-store.js';
import { newInstanceId } from '../src/platform/identity.js';
import { openDatabase } from '../src/platform/postgres/database.js';
import { migrate } from '../src/platform/postgres/migrate.js';
import { packageRoot } from '../src/platform/root.js';
import { readStudy } from '../src/studies/read.js';
import type { StudyEvent } from '../src/submit/event.js';
import { PlainParticipant } from '../test/browser/running-platform.js';
import { jsonRequest, LeanClient } from './lean-client.js';
import { median, round2 } from './refill.js';

const run = promisify(execFile);

const CONNECTIONS = 16;
const BATCH = 20;
/** A connection and a round. */
const BATCHES = 150;
const ROUNDS = 7;

interface Sender {
  readonly participant: string;
  readonly path: string;
  readonly cookie: string;
}

interface Bench {
  readonly web: URL;
  readonly database: pg.Pool;
  readonly senders: readonly Sender[];
  readonly clients: readonly pg.Client[];
  readonly browsers: readonly LeanClient[];
}

/**
 * Events that the web app acknowledged over HTTP a second, against a loop that does nothing but insert the same rows into a
 * table of the same shape on the same Postgres, a prepared multi-row statement a batch, from as many connections.
 */
export async function ingest(): Promise<object> {
  const runDir = await mkdtemp(path.join(tmpdir(), 'observatory-bench-'));
  const measured = { ours: [] as number[], floor: [] as number[] };
  try {
    await withCleanup(async (cleanup) => {
      const bench = await start(runDir, cleanup);
      for (let round = 0; round <= ROUNDS; round += 1) {
        const floor = await perSecond(bench, round, floorBatches);
        const ours = await perSecond(bench, round, ourBatches);
        console.log(`round ${round}: bare insert ${Math.round(floor)} events/s, web app ${Math.round(ours)} events/s`);
        // The first round only warms up.
        if (round === 0) continue;
        measured.floor.push(floor);
        measured.ours.push(ours);
      }
    });
  } finally {
    await rm(runDir, { recursive: true, force: true });
  }
  const [ours, floor] = [median(measured.ours), median(measured.floor)];
  return {
    ratio: round2(ours / floor),
    eventsPerSecond: Math.round(ours),
    bareInsertsPerSecond: Math.round(floor),
    connections: CONNECTIONS,
    batch: BATCH,
  };
}

async function start(runDir: string, cleanup: Cleanup): Promise<Bench> {
  const services = await startServices({ runDir, only: ['postgres', 'redis'], cleanup, log: console.log });
  const url = services.environment['DATABASE_URL']!;
  const database = openDatabase(url, () => undefined);
  cleanup.add({ name: 'database', stop: () => database.end() });
  await migrate(database);
  const study = await readStudy(path.join(packageRoot, 'studies/crypto-api'));
  await publishStudy(database, { ...study, caps: { maxParticipants: null, perAddressAndDay: null } });
  await database.query('create table bare_events (like events including all)');
  const web = new URL(`http://${services.environment['OBSERVATORY_LISTEN']}`);
  const environment = {
    ...services.environment,
    OBSERVATORY_SECRET: 'a secret of the benchmark, used nowhere else',
    OBSERVATORY_PUBLIC_URL: web.origin,
    // Each connection sends in a second what a participant sends in minutes.
    OBSERVATORY_LIMITS: 'events=1000000/1000000',
  };
  await startBuilt(runDir, environment, web, cleanup);
  const senders: Sender[] = [];
  while (senders.length < CONNECTIONS) senders.push(await join(database, web));
  const clients = await Promise.all(senders.map(() => connect(url, cleanup)));
  const browsers = await Promise.all(senders.map(() => LeanClient.connect(web)));
  return { web, database, senders, clients, browsers };
}

/** As a deployment runs it: what translates the sources on the way is not measured. */
async function startBuilt(runDir: string, environment: NodeJS.ProcessEnv, web: URL, cleanup: Cleanup): Promise<void> {
  console.log('building the web app');
  const compiler = path.join(packageRoot, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: packageRoot });
  const running = await ManagedProcess.start(
    {
      name: 'web',
      command: process.execPath,
      args: [path.join(packageRoot, 'dist/src/cli/main.js'), 'web'],
      logDir: path.join(runDir, 'logs'),
      cwd: packageRoot,
      env: { ...process.env, ...environment },
    },
    cleanup,
  );
  await running.waitUntilReady(() => answers(`${web.origin}/readyz`));
}

/** A participant at work, as the landing pages make one. */
async function join(database: pg.Pool, web: URL): Promise<Sender> {
  await database.query(
    `insert into instances (id, profile, state, job_id, ready_at) values ($1, 'default', 'ready', 'job-' || $1, now())`,
    [newInstanceId()],
  );
  const who = new PlainParticipant(web.origin);
  await who.consent();
  const notebook = (await who.assigned())!;
  const { participant } = (await (await who.request(`${notebook}notebook`)).json()) as { participant: string };
  return { participant, path: `${notebook}events`, cookie: who.cookie };
}

async function connect(url: string, cleanup: Cleanup): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, options: '-c search_path=observatory' });
  await client.connect();
  cleanup.add({ name: 'connection', stop: () => client.end() });
  return client;
}

type Send = (batch: number) => Promise<void>;

/** Everything is made ready before the time begins: what is measured is the way of an event, not how a client makes it. */
async function perSecond(bench: Bench, round: number, prepare: Prepare): Promise<number> {
  await bench.database.query('vacuum analyze events, bare_events, participants');
  const sends = bench.senders.map((sender, index) => prepare(bench, sender, index, batchesOf(round)));
  const start = performance.now();
  await Promise.all(
    sends.map(async (send) => {
      for (let batch = 0; batch < BATCHES; batch += 1) await send(batch);
    }),
  );
  return (CONNECTIONS * BATCHES * BATCH * 1000) / (performance.now() - start);
}

type Prepare = (bench: Bench, sender: Sender, index: number, batches: StudyEvent[][]) => Send;

/** As a page records somebody who types. */
function batchesOf(round: number): StudyEvent[][] {
  return Array.from({ length: BATCHES }, (_, batch) =>
    Array.from({ length: BATCH }, (_, index) => typed((round * BATCHES + batch) * BATCH + index + 1)),
  );
}

function typed(seq: number): StudyEvent {
  const clock = seq * 1000.1;
  const head = { seq, at: new Date(1.76e12 + clock).toISOString(), clock, page: '0123456789abcdef0123456789abcdef' };
  const place = { task: 'symmetric', cell: 'symmetric-3', focusSeconds: seq };
  if (seq === 1) {
    return { ...head, ...place, type: 'open', data: { width: 1280, height: 900, language: 'en', resumed: false } };
  }
  const steps = Array.from({ length: 4 }, (_, step) => ({
    clock: clock + step * 230.4,
    changes: [120 + step, [0, 'x'], 400],
    by: 'input.type',
  }));
  return { ...head, ...place, type: 'edit', data: { steps } };
}

function ourBatches(
  { web, browsers }: Bench,
  { path: target, cookie }: Sender,
  index: number,
  batches: StudyEvent[][],
): Send {
  const client = browsers[index]!;
  const headers = { cookie, 'x-observatory': '1' };
  const requests = batches.map((events) => jsonRequest(new URL(target, web), headers, JSON.stringify({ events })));
  return async (batch) => {
    const { status, body } = await client.send(requests[batch]!);
    if (status !== 200 || body !== JSON.stringify({ acknowledged: batches[batch]!.at(-1)!.seq })) {
      throw new Error(`a batch was answered with ${status}: ${body}`);
    }
  };
}

const COLUMNS = 'study_id, participant_id, seq, type, at, clock, page, task, cell, focus_seconds, data';
const VALUES = Array.from({ length: BATCH }, (_, row) => {
  const columns = COLUMNS.split(', ').length;
  return `(${Array.from({ length: columns }, (_, column) => `$${row * columns + column + 1}`).join(', ')})`;
}).join(', ');

function floorBatches({ clients }: Bench, { participant }: Sender, index: number, batches: StudyEvent[][]): Send {
  const rows = batches.map((events) =>
    events.flatMap((event) => [
      ...['crypto-api', participant, event.seq, event.type, event.at, event.clock, event.page, event.task, event.cell],
      ...[event.focusSeconds, JSON.stringify(event.data)],
    ]),
  );
  const text = `insert into bare_events (${COLUMNS}) values ${VALUES}`;
  return async (batch) => {
    await clients[index]!.query({ name: 'bare', text, values: rows[batch]! });
  };
}
