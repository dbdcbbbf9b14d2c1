import assert from 'node:assert/strict';
import { Observer } from '../../src/manager/observe.js';
import type { Ports } from '../../src/manager/ports.js';
import { now, pool } from './plan-support.js';

const stub = (id: string) => ({
  ...{
    ID: id,
    Status: 'running',
    Stop: false,
    SubmitTime: 0,
    CreateIndex: 1,
    JobModifyIndex: 1,
    ParentID: '',
    Meta: null,
  },
});

describe('an observation', () => {
  it('hears of the instances of one profile while another’s job is not in Nomad', async () => {
    const cluster: Partial<Ports['cluster']> = {
      liveJobs: () => Promise.resolve([stub('parent')]),
      liveAllocations: () => Promise.resolve([]),
      blockedEvaluations: () => Promise.resolve([]),
      job: (id) =>
        Promise.resolve({
          ...{ ID: id, Status: 'running', Stop: false, Version: 0, JobModifyIndex: 1, Meta: null },
          TaskGroups: [{ Services: [{ Name: 'instances' }] }],
        }),
    };
    const ports = {
      cluster,
      catalog: {
        passingTags: (service: string) => Promise.resolve([[`traefik.http.routers.i-0000000000aa.${service}`]]),
      },
      queue: { read: () => Promise.resolve({ queued: [], booting: null, old: [] }) },
      store: { view: () => Promise.resolve({ at: now, rows: [], demand: new Map() }) },
    } as unknown as Ports;
    const pools = [pool, { ...pool, name: 'vision', job: 'parent-of-vision' }];
    const { passing } = await new Observer(ports).observe(pools, 1, new Set());
    assert.deepEqual(passing, { complete: true, value: new Set(['0000000000aa']) });
  });
});
