import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cache } from '../../src/local/cache.js';

describe('the cache of downloaded programs', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'observatory-cache-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  it('builds once when two ask at the same time', async () => {
    let builds = 0;
    const build = async (dir: string) => {
      builds++;
      await sleep(50);
      await writeFile(path.join(dir, 'program'), 'complete');
    };
    const [first, second] = [new Cache(root), new Cache(root)];
    const installed = await Promise.all([first.install('tool', '1', build), second.install('tool', '1', build)]);
    assert.equal(builds, 1);
    assert.deepEqual(installed.map(({ fresh }) => fresh).sort(), [false, true]);
    assert.equal(await readFile(path.join(installed[0].dir, 'program'), 'utf8'), 'complete');
    assert.deepEqual(await readdir(root), ['tool-1']);
  });

  it('keeps nothing of a build that failed, and tries again', async () => {
    const cache = new Cache(root);
    const failing = async (dir: string) => {
      await writeFile(path.join(dir, 'half'), '');
      throw new Error('the network is down');
    };
    await assert.rejects(cache.install('tool', '1', failing), /the network is down/);
    assert.deepEqual(await readdir(root), []);
    const { fresh } = await cache.install('tool', '1', () => Promise.resolve());
    assert.equal(fresh, true);
  });

  it('takes over the lock of a process that is gone', async () => {
    const processThatNeverWas = 2 ** 22 + 1;
    await writeFile(path.join(root, 'tool-1.lock'), String(processThatNeverWas));
    const { fresh } = await new Cache(root).install('tool', '1', () => Promise.resolve());
    assert.equal(fresh, true);
  });
});
