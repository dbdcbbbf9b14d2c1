/** What a participant's programs may take of an instance, on the real server with the job file's own command. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Cache } from '../../src/local/cache.js';
import { Cleanup } from '../../src/local/cleanup.js';
import { type LocalInstance, startInstance } from '../../src/local/instance.js';
import { poll } from '../poll.js';
import { KernelClient } from '../../src/simulate/kernel-client.js';
import { workingIn } from './working-in.js';

describe('the limits of an instance', function () {
  this.timeout(120_000);
  const cleanup = new Cleanup();
  let runDir: string;
  let instance: LocalInstance;
  let kernel: KernelClient;

  before(async () => {
    runDir = await mkdtemp(path.join(tmpdir(), 'observatory-instance-'));
    instance = await startInstance({ cache: new Cache(undefined, () => undefined), cleanup, runDir });
    kernel = await KernelClient.start(instance);
  });
  after(async () => {
    kernel?.close();
    await cleanup.stopAll();
    await rm(runDir, { recursive: true, force: true });
  });

  /** The kernel is another one, tells why, and works. */
  async function startedAnew(reason: string, since: Date): Promise<void> {
    const restart = await poll(
      'the kernel is started anew',
      async () => {
        const { last_restart: last } = await kernel.model();
        return last !== undefined && Date.parse(last.at) >= Math.floor(since.getTime() / 1000) * 1000 && last;
      },
      20,
    );
    assert.equal(restart.reason, reason);
    assert.deepEqual(await kernel.run('print(6 * 7)'), { status: 'ok', error: undefined, printed: '42\n' });
  }

  it('a single request for more memory than there is raises MemoryError, and the program goes on', async () => {
    const run = await kernel.run('kept = 1; x = bytearray(200 * 1024 * 1024)');
    assert.deepEqual([run.status, run.error], ['error', 'MemoryError']);
    assert.equal((await kernel.run('print(kept)')).printed, '1\n');
    assert.equal((await kernel.model()).last_restart, undefined);
  });

  it('a restart that the participant asked for is none to tell of', async () => {
    await kernel.run('kept = 1');
    await kernel.restart();
    assert.equal((await kernel.run('kept')).error, 'NameError');
    assert.equal((await kernel.model()).last_restart, undefined);
  });

  it('a program that fills the memory step by step and keeps it is ended', async () => {
    const since = new Date();
    const run = await kernel.run('kept = []\nwhile True:\n    kept.append("x" * 1_000_000)');
    assert.ok(run.status === 'gone' || run.error === 'MemoryError', JSON.stringify(run));
    await startedAnew('memory', since);
  });

  it('processes that together take too much memory are ended, and the kernel is usable again', async () => {
    const since = new Date();
    const run = await kernel.run(
      `import os, time
for _ in range(4):
    if os.fork() == 0:
        x = bytearray(os.urandom(1024)) * (30 * 1024)
        time.sleep(60)
        os._exit(0)
time.sleep(60)`,
    );
    assert.equal(run.status, 'gone');
    await startedAnew('memory', since);
  });

  it('a fork bomb is ended with all that it started, even what has left the kernel’s session', async () => {
    const since = new Date();
    // Ends by itself at 400 processes, whatever the server does.
    const run = await kernel.run(
      `import subprocess, time
for _ in range(400):
    subprocess.Popen(["sleep", "60"], start_new_session=True)
time.sleep(60)`,
    );
    assert.equal(run.status, 'gone');
    await startedAnew('processes', since);
    assert.equal(workingIn(instance.home).length, 2, 'the server and the kernel');
  });

  it('one file cannot grow beyond the disk', async () => {
    const run = await kernel.run(`with open("big", "wb") as file:
    while True:
        file.write(bytes(1024 * 1024))`);
    assert.deepEqual([run.status, run.error], ['error', 'OSError']);
    assert.ok((await stat(path.join(instance.home, 'big'))).size <= 8 * 1024 * 1024);
  });

  it('a program that writes endlessly is ended, and there is room again', async () => {
    const since = new Date();
    const run = await kernel.run(`import time
for i in range(2000):
    open(f"part-{i}", "wb").write(bytes(512 * 1024))
    time.sleep(0.01)
time.sleep(60)`);
    assert.equal(run.status, 'gone');
    await startedAnew('disk', since);
    assert.equal((await kernel.run('open("small", "w").write("x" * 1000000)')).status, 'ok');
  });

  it('a kernel that ends by itself is started anew', async () => {
    const since = new Date();
    assert.equal((await kernel.run('import os; os._exit(3)')).status, 'gone');
    await startedAnew('died', since);
  });
});
