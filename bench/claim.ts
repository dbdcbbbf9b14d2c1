import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { startWeb } from '../src/cli/web.js';
import { type Cleanup, withCleanup } from '../src/local/cleanup.js';
import { startServices } from '../src/local/index.js';
import { join } from '../src/participants/join.js';
import { serveLine, take } from '../src/participants/line.js';
import { arrive } from '../src/participants/participant.js';
import { publishStudy } from '../src/participants/study-store.js';
import { newInstanceId } from '../src/platform/identity.js';
import { openDatabase } from '../src/platform/postgres/database.js';
import { migrate } from '../src/platform/postgres/migrate.js';
import { readSettings, type Settings } from '../src/platform/settings.js';
import { packageRoot } from '../src/platform/root.js';
import { readStudy } from '../src/studies/read.js';
import { PlainParticipant } from '../test/browser/running-platform.js';
import { round2 } from './refill.js';

const PAST = [1_000, 100_000];
/** No statement may take as long as a hundred thousand take. */
const PAST_AT_ONCE = 3_000;
const CLIENTS = [1, 16];
/** By each client, in each round. */
const TIMES = 40;
/** A whole request takes longer. */
const REQUESTS = 5;
const ROUNDS = 5;

const work = ['floor', 'decision', 'join', 'serve', 'request'] as const;
type Work = (typeof work)[number];

/**
 * `decision` is the one statement that says who has an instance. Around it an assignment has two transactions, timed apart: `join` (caps,
 * condition, place in the line; holds the lock of the study's counters) and `serve` (the first of the line, decision, lease, and a last
 * look that nobody waits). `request` is all of it as a browser has it: the consent form's POST to the web app, until it is answered. The
 * floor is the bare claim of a row, on the same Postgres, by as many clients.
 */
export async function claim(): Promise<object> {
  const runDir = await mkdtemp(path.join(tmpdir(), 'observatory-bench-'));
  const times = new Map<string, number[]>();
  try {
    await withCleanup(async (cleanup) => {
      const benches = await start(runDir, cleanup);
      for (const clients of CLIENTS) {
        for (let round = 0; round <= ROUNDS; round += 1) {
          // By turns, so that what else the machine does meets both alike.
          for (const bench of round % 2 === 0 ? benches : benches.toReversed()) {
            const one = await perRound(bench, clients);
            // The first round only warms up.
            if (round > 0) add(times, bench.past, clients, one);
          }
        }
        for (const { past } of benches) print(times, past, clients);
      }
    });
  } finally {
    await rm(runDir, { recursive: true, force: true });
  }
  return resultOf((one, clients, past) => spreadOf(times.get(key(one, clients, past))!).tail);
}

const key = (one: Work, clients: number, past: number) => `${one} ${clients} ${past}`;

function add(times: Map<string, number[]>, past: number, clients: number, round: Record<Work, number[]>): void {
  for (const one of work) {
    const name = key(one, clients, past);
    times.set(name, [...(times.get(name) ?? []), ...round[one]]);
  }
}

function print(times: Map<string, number[]>, past: number, clients: number): void {
  for (const one of work) {
    const { median, tail } = spreadOf(times.get(key(one, clients, past))!);
    const place = `${past} past participants, ${clients} client(s)`;
    console.log(`${place}: ${one} median ${round2(median)} ms, p99 ${round2(tail)} ms`);
  }
}

function resultOf(p99: (one: Work, clients: number, past: number) => number): object {
  const [few, many] = [PAST[0]!, PAST[1]!];
  const overFloor = (one: Work) => round2(p99(one, 16, few) / p99('floor', 16, few));
  const overFew = (one: Work) => round2(p99(one, 16, many) / p99(one, 16, few));
  return {
    ratio: overFloor('decision'),
    what: 'ratio: decision.overFloor, p99 at 16 clients over that of the bare update; manyOverFew: p99 at 100,000 past participants over that at 1,000',
    decision: { overFloor: overFloor('decision'), manyOverFew: overFew('decision') },
    serve: { overFloor: overFloor('serve'), manyOverFew: overFew('serve') },
    join: { overFloor: overFloor('join'), manyOverFew: overFew('join') },
    request: { overFloor: overFloor('request'), manyOverFew: overFew('request') },
    floor: { manyOverFew: overFew('floor') },
    p99Milliseconds: Object.fromEntries(
      work.map((one) => [one, { few: round2(p99(one, 16, few)), many: round2(p99(one, 16, many)) }]),
    ),
  };
}

interface Bench {
  /** Participants who were there before. */
  readonly past: number;
  readonly database: pg.Pool;
  /** Of the web app that is there for the requests alone: it would work on what the other steps leave. */
  readonly settings: Settings;
}

const STUDY = 'crypto-api';
const noHints = { pop: () => Promise.resolve(undefined) };

/** One database for each number of past participants, on the same Postgres. */
async function start(runDir: string, cleanup: Cleanup): Promise<Bench[]> {
  const services = await startServices({ runDir, only: ['postgres', 'redis'], cleanup, log: console.log });
  const first = openDatabase(services.environment['DATABASE_URL']!, () => undefined);
  cleanup.add({ name: 'first database', stop: () => first.end() });
  const benches: Bench[] = [];
  for (const [index, past] of PAST.entries()) {
    await first.query(`create database past_${past}`);
    const url = (name: string, pathname: string): string =>
      Object.assign(new URL(services.environment[name]!), { pathname }).href;
    const urls = { DATABASE_URL: url('DATABASE_URL', `/past_${past}`), REDIS_URL: url('REDIS_URL', `/${index}`) };
    const database = openDatabase(urls.DATABASE_URL, () => undefined);
    database.options.max = Math.max(...CLIENTS);
    cleanup.add({ name: `database of ${past}`, stop: () => database.end() });
    await migrate(database);
    const study = await readStudy(path.join(packageRoot, 'studies', STUDY));
    await publishStudy(database, { ...study, caps: { maxParticipants: null, perAddressAndDay: null } });
    await database.query('create table bare_instances (like instances including all)');
    await addPast(database, past);
    benches.push({ past, database, settings: settingsOf({ ...services.environment, ...urls }) });
  }
  return benches;
}

function settingsOf(environment: Record<string, string | undefined>): Settings {
  return readSettings({
    ...environment,
    OBSERVATORY_SECRET: 'a secret of the benchmark, used nowhere else',
    OBSERVATORY_PUBLIC_URL: 'http://127.0.0.1',
    OBSERVATORY_LISTEN: '127.0.0.1:0',
    OBSERVATORY_GATE_LISTEN: '127.0.0.1:0',
    // All come from one address.
    OBSERVATORY_LIMITS: 'pages=100000000/100000000,posts=100000000/100000000',
  });
}

/** Finished participants with what they leave behind, and the counters that go with them. */
async function addPast(database: pg.Pool, count: number): Promise<void> {
  for (let left = count; left > 0; left -= PAST_AT_ONCE) await addSome(database, Math.min(left, PAST_AT_ONCE));
  await database.query('vacuum analyze participants, instances, leases, audit, counters');
}

async function addSome(database: pg.Pool, count: number): Promise<void> {
  await database.query(
    `with past as (
       insert into participants (id, study_id, token, state, condition, address_key, consent, consented_at, queued_at, working_at, ended_at)
       select left(md5(random()::text || n), 12), $1, left(md5(n::text), 12), 'finished', n % 4 + 1, md5(n::text), '[]',
         now(), now(), now(), now() from generate_series(1, $2::int) n returning id, condition),
     instance as (
       insert into instances (id, study_id, profile, state, job_id, ready_at)
       select id, $1, 'default', 'stopped', id, now() from past),
     lease as (
       insert into leases (study_id, participant_id, instance_id, ended_at, end_reason, prepared_at)
       select $1, id, id, now(), 'finished', now() from past),
     audited as (
       insert into audit (study_id, subject, subject_id, to_state, actor)
       select $1, 'participant', id, 'finished', 'bench' from past, generate_series(1, 4))
     update counters set value = value + (select count(*) from past where scope in ('study', 'condition:' || condition))
     where study_id = $1 and name = 'completed'`,
    [STUDY, count],
  );
}

async function perRound({ database, settings }: Bench, clients: number): Promise<Record<Work, number[]>> {
  const people = await makeReady(database, clients * TIMES, clients * TIMES);
  await database.query('vacuum analyze instances, bare_instances, participants, counters, leases');
  const result: Record<Work, number[]> = { floor: [], decision: [], join: [], serve: [], request: [] };
  const inTurn = (steps: Partial<Record<Work, (index: number) => Promise<unknown>>>) =>
    timed(clients, TIMES, steps, result);
  await inTurn({
    floor: () =>
      database.query(
        `update bare_instances set state = 'leased', study_id = $1, leased_at = now() where id =
           (select id from bare_instances where state = 'ready' limit 1 for update skip locked)`,
        [STUDY],
      ),
  });
  await inTurn({ decision: () => take(database, 'default', STUDY, null) });
  await database.query(`update instances set state = 'ready' where state = 'leased'`);
  await inTurn({
    join: (index) =>
      join(database, {
        participantId: people[index]!,
        studyId: STUDY,
        version: 1,
        address: { key: `${index}`, kept: null },
        consent: [],
      }),
    serve: () => serveLine(database, noHints, 'default'),
  });
  await makeReady(database, 0, clients * REQUESTS);
  await database.query('update leases set prepared_at = now() where prepared_at is null');
  const web = await startWeb(settings, pino({ level: 'silent' }));
  try {
    const readers = await readersOfConsent(web.address, clients * REQUESTS);
    await timed(clients, REQUESTS, { request: (index) => giveConsent(readers[index]!) }, result);
  } finally {
    await web.stop();
  }
  return result;
}

/** So many who join next, and ready rows to claim here and there. */
async function makeReady(database: pg.Pool, joining: number, count: number): Promise<string[]> {
  await database.query(`update instances set state = 'stopped' where state = 'leased'`);
  await database.query(`delete from bare_instances`);
  const ids = Array.from({ length: count }, newInstanceId);
  for (const table of ['instances', 'bare_instances']) {
    await database.query(
      `insert into ${table} (id, profile, state, job_id, ready_at)
       select id, 'default', 'ready', 'job-' || id, clock_timestamp() from unnest($1::text[]) id`,
      [ids],
    );
  }
  const people: string[] = [];
  for (let n = 0; n < joining; n += 1) people.push((await arrive(database, STUDY, { key: `${n}`, kept: null })).id);
  return people;
}

/** Browsers with the consent form open. */
async function readersOfConsent(web: string, count: number): Promise<PlainParticipant[]> {
  const readers = Array.from({ length: count }, () => new PlainParticipant(web));
  for (const reader of readers) await (await reader.request(`/consent?study=${STUDY}`)).arrayBuffer();
  return readers;
}

async function giveConsent(reader: PlainParticipant): Promise<void> {
  const boxes = ['age', 'language', 'read', 'continue'].map((box): [string, string] => ['consent', box]);
  const { status } = await reader.request('/howTo', { method: 'POST', body: new URLSearchParams(boxes) });
  if (status !== 303) throw new Error(`the consent was answered with ${status}`);
}

async function timed(
  clients: number,
  times: number,
  steps: Partial<Record<Work, (index: number) => Promise<unknown>>>,
  result: Record<Work, number[]>,
): Promise<void> {
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      for (let n = 0; n < times; n += 1) {
        for (const [name, step] of Object.entries(steps) as [Work, (index: number) => Promise<unknown>][]) {
          const before = performance.now();
          await step(client * times + n);
          result[name].push(performance.now() - before);
        }
      }
    }),
  );
}

function spreadOf(times: readonly number[]): { median: number; tail: number } {
  const sorted = times.toSorted((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)]!, tail: sorted[Math.ceil(sorted.length * 0.99) - 1]! };
}
