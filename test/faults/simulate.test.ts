/** Bots take part while things break: each gets to the end, and nothing is lost. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/platform/root.js';
import type { Report } from '../../src/simulate/report.js';

describe('a simulation with faults', function () {
  this.timeout(300_000);

  it('ends with all finished: an instance and the manager killed, Redis wiped, the web app restarted', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'observatory-simulate-'));
    try {
      const mix = path.join(folder, 'mix.yaml');
      await writeFile(mix, 'behaviours: { steady: 1 }\npauseSeconds: [1, 3]\n');
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [
          ...['--import', 'tsx', 'src/cli/main.ts', 'simulate', '--study', 'crypto-api', '--participants', '8'],
          ...['--arrivals', 'uniform', '--rate', '12', '--behaviour', mix, '--faults', '--json'],
        ],
        { cwd: packageRoot },
      );
      const report = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as Report;
      assert.deepEqual(report.problems, []);
      assert.deepEqual([report.finished, report.events.lost, report.doubled, report.leaked], [8, 0, 0, 0]);
      assert.equal(report.faults.length, 4);
      // Whose instance was killed went on, on another kernel.
      assert.ok((report.steps['kernel again']?.count ?? 0) >= 1, JSON.stringify(report.errors));
      assert.deepEqual(report.replayed, { same: 8, different: 0 });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
