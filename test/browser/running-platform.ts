import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { prepareDatabase } from '../../src/cli/demo.js';
import { Cache } from '../../src/local/cache.js';
import { Cleanup } from '../../src/local/cleanup.js';
import { type Stack, startProcess, startStack } from '../../src/local/stack.js';
import type { Database } from '../../src/platform/postgres/database.js';
import { Visitor } from '../../src/simulate/visitor.js';
import { poll } from '../poll.js';

/** Everything real on this machine, as the demo has it, for one test file. */
export interface RunningPlatform {
  readonly stack: Stack;
  readonly database: Database;
  readonly cache: Cache;
  readonly studyLink: string;
  stop(): Promise<void>;
}

export async function startPlatform(poolSize: number): Promise<RunningPlatform> {
  const runDir = await mkdtemp(path.join(tmpdir(), 'observatory-test-'));
  const cleanup = new Cleanup();
  try {
    const stack = await startStack({ runDir, cleanup, poolSize, log: () => undefined });
    const database = await prepareDatabase(stack, cleanup);
    await Promise.all([startProcess(stack, cleanup, 'web'), startProcess(stack, cleanup, 'manager')]);
    return {
      stack,
      database,
      cache: new Cache(undefined, () => undefined),
      studyLink: `${stack.publicUrl}/?study=crypto-api`,
      async stop() {
        await cleanup.stopAll();
        await rm(runDir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await cleanup.stopAll();
    throw error;
  }
}

export const eventually = <T>(what: string, look: () => Promise<T | undefined>, seconds = 30): Promise<T> =>
  poll(what, look, seconds);

/** A participant of crypto-api without a browser. */
export class PlainParticipant extends Visitor {
  /** From the study link through the consent; the instance may come later. */
  async consent(): Promise<void> {
    await this.request('/consent?study=crypto-api');
    const consent = ['age', 'language', 'read', 'continue'].map((box): [string, string] => ['consent', box]);
    const joined = await this.request('/howTo', { method: 'POST', body: new URLSearchParams(consent) });
    if (joined.status !== 303)
      throw new Error(`the consent was answered with ${joined.status}: ${await joined.text()}`);
  }

  /** The notebook's path, undefined while there is none. */
  async assigned(): Promise<string | undefined> {
    const text = await (await this.request('/getAssignedInstance', { method: 'POST' })).text();
    return text.startsWith('/proxy/') ? text : undefined;
  }
}
