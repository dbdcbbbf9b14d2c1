import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { openExport } from '../src/control/export/zip-reader.js';
import { withCleanup } from '../src/local/cleanup.js';
import { startServices } from '../src/local/index.js';
import { publishStudy } from '../src/participants/study-store.js';
import { openDatabase } from '../src/platform/postgres/database.js';
import { migrate } from '../src/platform/postgres/migrate.js';
import { packageRoot } from '../src/platform/root.js';
import { readStudy } from '../src/studies/read.js';
import { loadStudy } from './load-study.js';
import { round2 } from './refill.js';

const run = promisify(execFile);

const PARTICIPANTS = 5_000;
const [FEW, MANY] = [100_000, 1_000_000];
const SAMPLE_MS = 250;

/** The most memory that `observatory export` takes, in a process of its own, for a million events against a tenth of them. */
export async function exportBench(): Promise<object> {
  const runDir = await mkdtemp(path.join(tmpdir(), 'observatory-bench-'));
  try {
    let result = {};
    await withCleanup(async (cleanup) => {
      const services = await startServices({ runDir, only: ['postgres'], cleanup, log: console.log });
      const url = services.environment['DATABASE_URL']!;
      console.log('building the command');
      const compiler = path.join(packageRoot, 'node_modules/typescript/bin/tsc');
      await run(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: packageRoot });
      const few = await loaded(url, 'few', FEW);
      const ofFew = await measure(few, 'native', path.join(runDir, 'few.zip'));
      const many = await loaded(url, 'many', MANY);
      const ofMany = await measure(many, 'native', path.join(runDir, 'many.zip'));
      const upstream = await measure(many, 'upstream', path.join(runDir, 'upstream.zip'));
      const ratio = round2(ofMany.peakMegabytes / ofFew.peakMegabytes);
      result = { ratio, native: { few: ofFew, many: ofMany }, upstream };
    });
    return result;
  } finally {
    await rm(runDir, { recursive: true, force: true });
  }
}

/** The address of a database with a study of so many events. */
async function loaded(server: string, name: string, events: number): Promise<string> {
  const maintenance = openDatabase(server, () => undefined);
  await maintenance.query(`create database ${name}`);
  await maintenance.end();
  const url = new URL(server);
  url.pathname = `/${name}`;
  const database = openDatabase(url.href, () => undefined);
  await migrate(database);
  const study = await readStudy(path.join(packageRoot, 'studies/crypto-api'));
  await publishStudy(database, study);
  const since = performance.now();
  await loadStudy(database, { study, participants: PARTICIPANTS, events });
  const { rows } = await database.query<{ n: number }>('select count(*)::int as n from events');
  console.log(`${PARTICIPANTS} participants, ${rows[0]!.n} events loaded in ${secondsSince(since)} s`);
  await database.end();
  return url.href;
}

async function measure(url: string, format: string, out: string) {
  const since = performance.now();
  const args = ['export', '--study', 'crypto-api', '--format', format, '--out', out];
  const child = spawn(process.execPath, [path.join(packageRoot, 'dist/src/cli/main.js'), ...args], {
    env: { ...process.env, DATABASE_URL: url },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const exited = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const megabytes: number[] = [];
  while (child.exitCode === null) {
    const line = residentOf(child.pid!);
    if (line !== undefined) megabytes.push(line);
    await sleep(SAMPLE_MS);
  }
  if ((await exited) !== 0) throw new Error(`the export ended with ${child.exitCode}`);
  const seconds = secondsSince(since);
  const zip = await openExport(out);
  const rows = zip.manifest.files.reduce((sum, file) => sum + (file.rows ?? 0), 0);
  zip.close();
  console.log(
    `${format}: RSS in MB, ${SAMPLE_MS} ms apart in groups of ${groupOf(megabytes)}, the most of each: ${line(megabytes)}`,
  );
  return {
    peakMegabytes: Math.max(...megabytes),
    rowsPerSecond: Math.round(rows / seconds),
    ...{ rows, seconds },
    zipMegabytes: Math.round((await stat(out)).size / 1e6),
  };
}

/** Undefined once it has ended. */
function residentOf(pid: number): number | undefined {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) / 1024);
}

const groupOf = (samples: readonly number[]): number => Math.ceil(samples.length / 40);

function line(samples: readonly number[]): string {
  const size = groupOf(samples);
  const groups = Array.from({ length: Math.ceil(samples.length / size) }, (_, n) =>
    samples.slice(n * size, (n + 1) * size),
  );
  return groups.map((group) => Math.max(...group)).join(' ');
}

const secondsSince = (start: number): number => round2((performance.now() - start) / 1000);
