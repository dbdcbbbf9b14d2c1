import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { type RunningWeb, startWeb } from '../src/cli/web.js';
import { addUser } from '../src/control/access/users.js';
import { readFigures } from '../src/control/study/figures.js';
import { type Cleanup, withCleanup } from '../src/local/cleanup.js';
import { startServices } from '../src/local/index.js';
import { publishStudy } from '../src/participants/study-store.js';
import { type Database, openDatabase, withoutLimits } from '../src/platform/postgres/database.js';
import { migrate } from '../src/platform/postgres/migrate.js';
import { packageRoot } from '../src/platform/root.js';
import { readSettings } from '../src/platform/settings.js';
import { readStudy } from '../src/studies/read.js';
import { Staff } from '../test/integration/staff.js';
import { loadStudy } from './load-study.js';
import { round2 } from './refill.js';

const PARTICIPANTS = 5_000;
const EVENTS = 1_000_000;
const INSTANCES = 100_000;
const AUDIT_LINES = 500_000;
const USER = 'somebody';
const INSTANCE = (1).toString(16).padStart(12, '0');
const TIMES = 40;
/** What the team means to keep to, milliseconds. */
const ALLOWED = 300;
const SECRET = 'a secret of the benchmark, used nowhere else';
/** They lead elsewhere, ask whether something is meant, are of an account that the operator has not, or send the whole study. */
const noPages =
  /\/(?:api|sign-in|sign-out|password|elsewhere|export|account|data|events|state|withdraw|erase|retire|replace|rights|disable|enable)\b/;

/** How long each page of the control area takes, with 5,000 participants, a million events, 100,000 instances and 500,000 lines of the audit. */
export async function pages(): Promise<object> {
  const runDir = await mkdtemp(path.join(tmpdir(), 'observatory-bench-'));
  try {
    let figures = 0;
    let slowest = { path: '', p95: 0 };
    const p95: Record<string, number> = {};
    await withCleanup(async (cleanup) => {
      const { web, ids, database } = await start(runDir, cleanup);
      const staff = await Staff.operator(web.address, SECRET);
      for (const route of pagesOf(web)) {
        const tail = await measure(staff, route, ids);
        p95[route] = round2(tail);
        console.log(`${route}: p95 ${round2(tail)} ms`);
        if (tail > slowest.p95) slowest = { path: route, p95: tail };
      }
      // A study's page counts them once a minute; who comes then waits for them.
      figures = round2(await timesOf(() => readFigures(database, 'crypto-api')));
      console.log(`the figures of a study, counted anew: p95 ${figures} ms`);
    });
    return {
      ratio: round2(slowest.p95 / ALLOWED),
      slowest: slowest.path,
      p95Milliseconds: p95,
      figuresMilliseconds: figures,
      allowed: ALLOWED,
    };
  } finally {
    await rm(runDir, { recursive: true, force: true });
  }
}

interface Started {
  readonly web: RunningWeb;
  readonly database: Database;
  readonly ids: string[];
}

async function start(runDir: string, cleanup: Cleanup): Promise<Started> {
  const services = await startServices({ runDir, only: ['postgres', 'redis'], cleanup, log: console.log });
  const database = openDatabase(services.environment['DATABASE_URL']!, () => undefined);
  cleanup.add({ name: 'database', stop: () => database.end() });
  await load(database);
  const settings = readSettings({
    ...services.environment,
    OBSERVATORY_SECRET: SECRET,
    OBSERVATORY_PUBLIC_URL: 'http://127.0.0.1',
    OBSERVATORY_LISTEN: '127.0.0.1:0',
    OBSERVATORY_GATE_LISTEN: '127.0.0.1:0',
    OBSERVATORY_LIMITS: 'pages=100000000/100000000',
  });
  const web = await startWeb(settings, pino({ level: 'silent' }));
  cleanup.add({ name: 'web', stop: () => web.stop() });
  const { rows } = await database.query<{ id: string }>(
    `select id from participants where state = 'finished' order by id limit $1`,
    [TIMES],
  );
  return { web, database, ids: rows.map(({ id }) => id) };
}

async function load(database: Database): Promise<void> {
  await migrate(database);
  const study = await readStudy(path.join(packageRoot, 'studies/crypto-api'));
  await publishStudy(database, study);
  await loadStudy(database, { study, participants: PARTICIPANTS, events: EVENTS });
  await database.query(
    `insert into instances (id, profile, state, reason, created_at, stopped_at)
     select lpad(to_hex(n), 12, '0'), 'default', case when n % 50 = 0 then 'failed' else 'stopped' end, 'it was old',
       now() - n * interval '1 minute', now() from generate_series(1, $1) n`,
    [INSTANCES],
  );
  await addUser(database, { name: USER, role: 'viewer', password: SECRET, studies: [study.id] }, 'bench');
  const lines = `insert into audit (study_id, subject, subject_id, to_state, actor)
     select 'crypto-api', 'participant', lpad(n::text, 12, '0'), 'working', 'landing' from generate_series(1, $1::int) n`;
  await withoutLimits(database, (patient) => patient.query(lines, [AUDIT_LINES]));
  await database.query('vacuum analyze');
  console.log(`${PARTICIPANTS} participants and about ${EVENTS} events are loaded`);
}

const pagesOf = ({ routes }: RunningWeb): string[] =>
  routes
    .filter(({ methods, path: at }) => methods.includes('GET') && at.startsWith('/control') && !noPages.test(at))
    .map(({ path: at }) => at);

async function measure(staff: Staff, route: string, ids: readonly string[]): Promise<number> {
  return timesOf(async (nth) => {
    const address = route
      .replace(':study', 'crypto-api')
      .replace(':participant', ids[nth % ids.length]!)
      .replace(':instance', INSTANCE)
      .replace(':user', USER)
      .replace(':task', 'symmetric');
    const response = await staff.request(address, { headers: { accept: 'text/html' } });
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`${address} was answered with ${response.status}`);
  });
}

/** Milliseconds, p95. The first is not counted: it reads what the others find in memory. */
async function timesOf(work: (nth: number) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let nth = 0; nth <= TIMES; nth += 1) {
    const before = performance.now();
    await work(nth);
    if (nth > 0) times.push(performance.now() - before);
  }
  return times.toSorted((a, b) => a - b)[Math.ceil(TIMES * 0.95) - 1]!;
}
