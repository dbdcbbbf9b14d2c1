import assert from 'node:assert/strict';
import { pino } from 'pino';
import { Loop } from '../../src/manager/loop.js';
import { createMetrics } from '../../src/manager/metrics.js';
import type { Ports } from '../../src/manager/ports.js';
import { noLiveSettings } from '../../src/platform/live-settings.js';
import { readSettings } from '../../src/platform/settings.js';
import { now, pool, row } from './plan-support.js';

const settings = readSettings({
  DATABASE_URL: 'postgres://nobody@127.0.0.1/none',
  REDIS_URL: 'redis://127.0.0.1',
  OBSERVATORY_PUBLIC_URL: 'http://127.0.0.1',
  OBSERVATORY_SECRET: 'x'.repeat(32),
});

describe('a manager that is stopped in the middle of a pass', () => {
  it('ends what it has begun, and begins nothing more', async () => {
    const began: string[] = [];
    let answer: () => void = () => undefined;
    let busy: () => void = () => undefined;
    const full = new Promise<void>((resolve) => (busy = resolve));
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const rows = Array.from({ length: 40 }, (_, index) =>
      row(index + 1, 'retiring', { jobId: null, dispatchedAt: null }),
    );
    const ports = {
      store: {
        applyStudyStates: () => Promise.resolve([]),
        view: () => Promise.resolve({ at: now, rows, demand: new Map() }),
        markStopped: async (_term: number, id: string) => {
          began.push(id);
          if (began.length === 16) busy();
          await answered;
          return true;
        },
        report: () => Promise.resolve(true),
      },
      cluster: {
        liveJobs: () => Promise.resolve([]),
        liveAllocations: () => Promise.resolve([]),
        blockedEvaluations: () => Promise.resolve([]),
      },
      queue: { read: () => Promise.reject(new Error('away')) },
    } as unknown as Ports;
    const loop = new Loop({
      ports,
      settings,
      profiles: [{ ...pool, jobFile: undefined, min: 0 }],
      live: () => noLiveSettings,
      refusals: () => [],
      log: pino({ level: 'silent' }),
      telemetry: createMetrics().telemetry,
      term: () => 1,
      onOutdated: () => undefined,
    });
    loop.start();
    await full;
    const stopped = loop.stop();
    answer();
    await stopped;
    assert.equal(began.length, 16);
  });
});
