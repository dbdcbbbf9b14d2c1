/** Endless output fills neither the server nor the browser. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cache } from '../../src/local/cache.js';
import { Cleanup } from '../../src/local/cleanup.js';
import { type LocalInstance, startInstance } from '../../src/local/instance.js';
import { KernelClient } from '../../src/simulate/kernel-client.js';

const MIB = 1024 * 1024;
/** What output on its way may take: what the server keeps for a slow browser, and what passes through it meanwhile. */
const MOST_GROWTH = 24 * MIB;

/** 80 MB of output, sent past the pace that the kernel keeps: from a thread. */
const FLOOD = `import threading
from IPython.display import display, HTML
def flood():
    for _ in range(400):
        display(HTML("x" * 200_000))
thread = threading.Thread(target=flood)
thread.start()
thread.join()`;

describe('the output of an instance', function () {
  this.timeout(120_000);
  const cleanup = new Cleanup();
  let runDir: string;
  let instance: LocalInstance;
  let kernel: KernelClient;

  before(async () => {
    runDir = await mkdtemp(path.join(tmpdir(), 'observatory-instance-'));
    instance = await startInstance({ cache: new Cache(undefined, () => undefined), cleanup, runDir });
  });
  beforeEach(async () => {
    kernel = await KernelClient.start(instance);
  });
  afterEach(() => kernel?.close());
  after(async () => {
    await cleanup.stopAll();
    await rm(runDir, { recursive: true, force: true });
  });

  const serverMemory = (): number => {
    const rollup = readFileSync(`/proc/${instance.process.pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)![1]) * 1024;
  };

  it('a program that prints without end is slowed down, and all that it printed arrives', async () => {
    const before = serverMemory();
    const { status, printed } = await kernel.run(`import time
end, n = time.monotonic() + 4, 0
while time.monotonic() < end:
    print(n, "." * 200)
    n += 1
print("last", n)`);
    assert.equal(status, 'ok');
    const lines = printed.trimEnd().split('\n');
    assert.equal(lines.pop(), `last ${lines.length}`);
    assert.ok(lines.every((line, n) => line.startsWith(`${n} .`)));
    // 1 MiB a second, and one at once.
    assert.ok(printed.length < 8 * MIB, `${printed.length} characters in 4 s`);
    assert.ok(serverMemory() - before < MOST_GROWTH);
  });

  it('a single print of more than there is time for can be interrupted', async () => {
    const run = kernel.run('print("x" * 20_000_000)');
    await sleep(500);
    await kernel.interrupt();
    assert.equal((await run).error, 'KeyboardInterrupt');
  });

  it('endless displays are slowed down as prints are', async () => {
    const before = serverMemory();
    const run = kernel.run(`from IPython.display import display, HTML
while True:
    display(HTML("x" * 200_000))`);
    await sleep(4_000);
    const growth = serverMemory() - before;
    await kernel.interrupt();
    assert.equal((await run).error, 'KeyboardInterrupt');
    assert.ok(growth < MOST_GROWTH, `the server grew by ${Math.round(growth / MIB)} MiB`);
  });

  for (const [who, leave] of [
    ['takes nothing', (client: KernelClient) => client.socket.pause()],
    ['is away', (client: KernelClient) => client.close()],
  ] as const) {
    it(`a flood to a browser that ${who} leaves the server as it was`, async () => {
      const before = serverMemory();
      const leaving = await KernelClient.start(instance);
      kernel.close();
      leaving.send(FLOOD);
      await sleep(100);
      leave(leaving);
      await sleep(4_000);
      leaving.close();
      kernel = await KernelClient.start(instance);
      assert.deepEqual(await kernel.run('print(1)'), { status: 'ok', error: undefined, printed: '1\n' });
      const growth = serverMemory() - before;
      assert.ok(growth < MOST_GROWTH, `the server grew by ${Math.round(growth / MIB)} MiB`);
    });
  }
});
