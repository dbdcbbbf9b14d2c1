/** The first kernel of an instance has waited for it: a fork of the server that must be as good as a process of its own. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Cache } from '../../src/local/cache.js';
import { Cleanup } from '../../src/local/cleanup.js';
import { type LocalInstance, startInstance } from '../../src/local/instance.js';
import { packageRoot } from '../../src/platform/root.js';
import { poll } from '../poll.js';
import { KernelClient } from '../../src/simulate/kernel-client.js';
import { workingIn } from './working-in.js';

describe('the first kernel of an instance', function () {
  this.timeout(60_000);
  const cleanup = new Cleanup();
  let runDir: string;
  let instance: LocalInstance;
  let spare: number;
  let kernel: KernelClient | undefined;

  before(async () => {
    runDir = await mkdtemp(path.join(tmpdir(), 'observatory-instance-'));
  });
  beforeEach(async () => {
    instance = await startInstance({ cache: new Cache(undefined, () => undefined), cleanup, runDir });
    const others = workingIn(instance.home).filter((pid) => pid !== instance.process.pid);
    assert.equal(others.length, 1);
    spare = others[0]!;
  });
  afterEach(() => {
    kernel?.close();
    kernel = undefined;
  });
  after(async () => {
    await cleanup.stopAll();
    await rm(runDir, { recursive: true, force: true });
  });

  const printed = async (code: string): Promise<string> => {
    const run = await kernel!.run(code);
    assert.equal(run.status, 'ok', run.error);
    return run.printed.trim();
  };

  it('is the one that waited, and the next one is another', async () => {
    kernel = await KernelClient.start(instance);
    assert.equal(await printed('import os; print(os.getpid())'), String(spare));
    await kernel.restart();
    assert.notEqual(await printed('import os; print(os.getpid())'), String(spare));
  });

  it('has nothing of the server’s: no socket that listens, no module of ours, no path, no handler, no setting', async () => {
    kernel = await KernelClient.start(instance);
    const port = new URL(instance.address).port;
    const inode = `[l.split()[9] for l in open("/proc/net/tcp") if l.split()[1].endswith(":%04X" % ${port})][0]`;
    const files = `[os.readlink("/proc/self/fd/" + n) for n in os.listdir("/proc/self/fd") if os.path.lexists("/proc/self/fd/" + n)]`;
    assert.equal(await printed(`import os\nprint("socket:[%s]" % ${inode} in ${files})`), 'False');
    const ours = ['instance', 'kernel', 'kernels', 'spare', 'starter_files', 'watch'];
    assert.equal(
      await printed(`import sys\nprint([name for name in ${JSON.stringify(ours)} if name in sys.modules])`),
      '[]',
    );
    assert.equal(
      await printed(`print(${JSON.stringify(path.join(packageRoot, 'instance'))} in sys.path, sys.path.count(""))`),
      'False 1',
    );
    assert.equal(await printed('print([name for name in os.environ if name.startswith("INSTANCE")])'), '[]');
    assert.equal(
      await printed('import signal\nprint(signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGUSR1))'),
      '0 0',
    );
    assert.equal(await printed('print(os.getsid(0) == os.getpid(), os.getcwd())'), `True ${instance.home}`);
  });

  it('has threads with small stacks, so that some fit into its memory', async () => {
    kernel = await KernelClient.start(instance);
    const code = `import threading
stop = threading.Event()
threads = [threading.Thread(target=stop.wait) for _ in range(40)]
for thread in threads: thread.start()
print(threading.active_count() >= 40)
stop.set()`;
    assert.equal(await printed(code), 'True');
  });

  it('is started as any other where the one that waited is gone', async () => {
    process.kill(spare, 'SIGKILL');
    await poll('it has ended', () => Promise.resolve(!workingIn(instance.home).includes(spare)), 10);
    kernel = await KernelClient.start(instance);
    assert.equal(await printed('print(1)'), '1');
  });

  it('ends with the server, used or not', async () => {
    kernel = await KernelClient.start(instance);
    const unused = await startInstance({ cache: new Cache(undefined, () => undefined), cleanup, runDir });
    for (const { process: server } of [instance, unused]) process.kill(server.pid, 'SIGKILL');
    for (const { home } of [instance, unused])
      await poll('nothing is left', () => Promise.resolve(workingIn(home).length === 0), 10);
  });
});
