import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, chromium } from 'playwright-core';
import { prepareDatabase } from '../src/cli/demo.js';
import { Cache } from '../src/local/cache.js';
import { chromiumLaunch } from '../src/local/chromium.js';
import { type Cleanup, withCleanup } from '../src/local/cleanup.js';
import { type Stack, startProcess, startStack } from '../src/local/stack.js';
import { publishStudy } from '../src/participants/study-store.js';
import { packageRoot } from '../src/platform/root.js';
import type { Database } from '../src/platform/postgres/database.js';
import type { Document } from '../src/studies/document.js';
import { readStudy, type Study } from '../src/studies/read.js';

/** The whole platform, and a browser; its pool follows who reads the consent form. */
export interface Platform {
  readonly stack: Stack;
  readonly database: Database;
  readonly cache: Cache;
  readonly cleanup: Cleanup;
  readonly runDir: string;
  readonly browser: Browser;
  readonly studyLink: string;
  /** What the participants of the study's first condition get. */
  readonly document: Document;
  /** Resolves when an instance waits for a participant and no other is on its way. */
  readonly untilWarm: () => Promise<void>;
}

export async function withPlatform<T>(work: (platform: Platform) => Promise<T>): Promise<T> {
  const runDir = await mkdtemp(path.join(tmpdir(), 'observatory-bench-'));
  let result: T | undefined;
  try {
    await withCleanup(async (cleanup) => {
      result = await work(await start(runDir, cleanup));
    });
  } finally {
    await rm(runDir, { recursive: true, force: true });
  }
  return result!;
}

async function start(runDir: string, cleanup: Cleanup): Promise<Platform> {
  const cache = new Cache(undefined, console.log);
  const stack = await startStack({ runDir, cleanup, poolSize: 0, log: console.log });
  const database = await prepareDatabase(stack, cleanup);
  const study = await readStudy(path.join(packageRoot, 'studies/crypto-api'));
  await publishStudy(database, withoutCaps(study));
  await Promise.all([startProcess(stack, cleanup, 'web'), startProcess(stack, cleanup, 'manager')]);
  const browser = await chromium.launch({ headless: true, ...(await chromiumLaunch(cache)) });
  cleanup.add({ name: 'browser', stop: () => browser.close() });
  const untilWarm = async (): Promise<void> => {
    const counts = `select count(*) filter (where state = 'ready') > 0 and bool_and(state <> 'booting') as warm from instances`;
    while ((await database.query<{ warm: boolean }>(counts)).rows[0]?.warm !== true) await sleep(100);
  };
  const studyLink = `${stack.publicUrl}/?study=${study.id}`;
  const { document } = study.conditions[0]!;
  return { stack, database, cache, cleanup, runDir, browser, studyLink, document, untilWarm };
}

/** All participants of a benchmark come from one address. */
function withoutCaps(study: Study): Study {
  return { ...study, caps: { maxParticipants: null, perAddressAndDay: null } };
}
