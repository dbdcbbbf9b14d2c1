import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cleanup, withCleanup } from '../../src/local/cleanup.js';
import { groupLives } from '../../src/local/process-group.js';
import { ManagedProcess } from '../../src/local/process.js';

async function goneWithin(pids: number[], ms: number): Promise<boolean> {
  for (const deadline = Date.now() + ms; Date.now() < deadline; await sleep(25))
    if (!pids.some(groupLives)) return true;
  return false;
}

describe('processes of the one-machine stack', () => {
  let logDir: string;
  beforeEach(async () => {
    logDir = await mkdtemp(path.join(tmpdir(), 'observatory-process-'));
  });
  afterEach(() => rm(logDir, { recursive: true }));

  const start = (script: string, cleanup: Cleanup) =>
    ManagedProcess.start({ name: 'example', command: '/bin/sh', args: ['-c', script], logDir }, cleanup);

  it('end with everything that they started', () =>
    withCleanup(async (cleanup) => {
      const parent = await start('sleep 600 & echo started; wait', cleanup);
      await parent.waitUntilReady(async () => (await readFile(parent.logFile, 'utf8')).includes('started'));
      await parent.stop();
      assert.equal(groupLives(parent.pid), false);
    }));

  it('are killed when they do not end within the grace', () =>
    withCleanup(async (cleanup) => {
      const stubborn = await start('trap "" TERM; echo up; while :; do sleep 0.1; done', cleanup);
      await stubborn.waitUntilReady(async () => (await readFile(stubborn.logFile, 'utf8')).includes('up'));
      await stubborn.stop(200);
      assert.equal(await stubborn.exited, 'signal SIGKILL');
      assert.equal(groupLives(stubborn.pid), false);
    }));

  it('that end before they are ready say so with the end of their log', () =>
    withCleanup(async (cleanup) => {
      const failing = await start('echo the port is taken >&2; exit 3', cleanup);
      const waiting = failing.waitUntilReady(() => Promise.resolve(false));
      await assert.rejects(waiting, /example ended before it was ready \(exit code 3\)[^]*the port is taken/);
    }));

  it('that cannot be started say why', () =>
    withCleanup(async (cleanup) => {
      const spec = { name: 'example', command: '/no/such/program', args: [], logDir };
      await assert.rejects(ManagedProcess.start(spec, cleanup), /example did not start: .*ENOENT/);
    }));

  it('are stopped in reverse order, once', async () => {
    const cleanup = new Cleanup();
    const stopped: string[] = [];
    for (const name of ['first', 'second', 'third']) {
      const stop = () => {
        stopped.push(name);
        return Promise.resolve();
      };
      cleanup.add({ name, stop });
    }
    await Promise.all([cleanup.stopAll(), cleanup.stopAll()]);
    assert.deepEqual(stopped, ['third', 'second', 'first']);
    assert.throws(() => {
      cleanup.refuseWhenStopped();
    }, /being stopped/);
  });

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const) {
    it(`do not outlive a parent that ends by ${signal}`, async () => {
      const fixture = path.join(import.meta.dirname, 'local-parent.ts');
      const parent = spawn(process.execPath, ['--import', 'tsx', fixture, logDir], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = (await once(createInterface(parent.stdout), 'line')) as [string];
      const { pids, folder } = JSON.parse(line) as { pids: number[]; folder: string };
      assert.equal(pids.every(groupLives), true);
      parent.kill(signal);
      const [, endedBy] = (await once(parent, 'exit')) as [number | null, string | null];
      assert.equal(endedBy, signal);
      assert.equal(await goneWithin(pids, 5_000), true);
      for (const deadline = Date.now() + 5_000; existsSync(folder) && Date.now() < deadline;) await sleep(25);
      assert.equal(existsSync(folder), false);
    });
  }
});
