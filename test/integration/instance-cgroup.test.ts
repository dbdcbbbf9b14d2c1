/** A container's memory limit, where this machine lets us set one: the kernel goes, the server stays. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Cache } from '../../src/local/cache.js';
import { Cleanup } from '../../src/local/cleanup.js';
import { type LocalInstance, startInstance } from '../../src/local/instance.js';
import { poll } from '../poll.js';
import { KernelClient } from '../../src/simulate/kernel-client.js';
import { workingIn } from './working-in.js';

const LIMIT = 112 * 1024 * 1024;

describe('an instance in a container', function () {
  this.timeout(60_000);
  const cleanup = new Cleanup();
  let runDir: string;
  let group: string | undefined;
  let instance: LocalInstance;
  let kernel: KernelClient;

  before(async function () {
    group = memoryGroup();
    if (group === undefined) this.skip();
    runDir = await mkdtemp(path.join(tmpdir(), 'observatory-instance-'));
    // Its own limit is higher than the group's, so that the group's is what is met.
    instance = await startInstance({ cache: new Cache(undefined, () => undefined), cleanup, runDir }, { memory: 256 });
    for (const pid of workingIn(instance.home)) writeFileSync(path.join(group, 'cgroup.procs'), String(pid));
    kernel = await KernelClient.start(instance);
  });
  after(async () => {
    kernel?.close();
    await cleanup.stopAll();
    if (runDir !== undefined) await rm(runDir, { recursive: true, force: true });
    const left = group;
    if (left !== undefined) await poll('the group is empty', () => Promise.resolve(removed(left)), 10);
  });

  it('whose memory ends keeps its server, and its next kernel says why', async () => {
    assert.equal((await kernel.run('x = bytearray(b"x") * (150 * 1024 * 1024)')).status, 'gone');
    const restart = await poll('the kernel is started anew', async () => (await kernel.model()).last_restart, 20);
    assert.equal(restart.reason, 'memory');
    assert.equal((await kernel.run('print(1)')).printed, '1\n');
  });
});

/** A group of ours with the limit, by the second or the first version of cgroups; undefined where we may make none. */
function memoryGroup(): string | undefined {
  for (const [root, file] of [
    ['/sys/fs/cgroup', 'memory.max'],
    ['/sys/fs/cgroup/memory', 'memory.limit_in_bytes'],
  ] as const) {
    const folder = path.join(root, `observatory-test-${process.pid}`);
    try {
      mkdirSync(folder);
      if (existsSync(path.join(folder, file))) {
        writeFileSync(path.join(folder, file), String(LIMIT));
        return folder;
      }
      rmdirSync(folder);
    } catch {
      removed(folder); // not ours to make: the next kind
    }
  }
  return undefined;
}

function removed(folder: string): boolean {
  try {
    rmdirSync(folder);
  } catch {
    return !existsSync(folder);
  }
  return true;
}
