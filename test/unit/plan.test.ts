import assert from 'node:assert/strict';
import type { Observed } from '../../src/manager/observed.js';
import { plan } from '../../src/manager/plan.js';
import { ago, child, desired, idOf, jobOf, nomad, now, observed, row, running } from './plan-support.js';

const away = { complete: false as const, why: 'away' };
const two = [row(1, 'ready'), row(2, 'ready')];
const entries = [1, 2].map((number) => `${jobOf(number)}|||${idOf(number)}`);
const publish = (booting: number, ...queued: string[]) => ({ kind: 'publish-queue', queued, booting });
const old = (...asked: string[]): Observed['queue'] => ({
  complete: true,
  value: { queued: entries, booting: '0', old: asked },
});
const ended = (text: string) => [{ ...running, status: 'failed' as const, ending: text }];

const table: readonly [string, Observed, readonly object[]][] = [
  ['a full pool: nothing', observed(), []],
  [
    'no job in Nomad: register, intend, but no dispatch yet',
    observed({
      jobRegistered: false,
      rows: [row(1, 'booting', { jobId: null, dispatchTerm: null, dispatchedAt: null })],
      nomad: { complete: true, value: { parent: null, children: [] } },
    }),
    [{ kind: 'register-job' }, { kind: 'intend', profile: 'default' }],
  ],
  [
    'an intent: dispatch',
    observed({
      rows: [...two.slice(0, 1), row(2, 'booting', { jobId: null, dispatchTerm: null, dispatchedAt: null })],
      nomad: nomad(child(1)),
    }),
    [{ kind: 'dispatch', id: idOf(2), profile: 'default' }],
  ],
  [
    'a claim of this term just now: wait; a claim of an older term: dispatch',
    observed({
      term: 2,
      rows: [
        row(1, 'booting', { jobId: null, dispatchTerm: 2, dispatchedAt: ago(5) }),
        row(2, 'booting', { jobId: null, dispatchTerm: 1, dispatchedAt: ago(5) }),
      ],
      nomad: nomad(),
    }),
    [{ kind: 'dispatch', id: idOf(2), profile: 'default' }],
  ],
  [
    'a dispatch that was not noted: adopt the first child, stop the second',
    observed({
      rows: [row(1, 'ready'), row(2, 'booting', { jobId: null })],
      nomad: nomad(child(1), child(3, { instanceId: idOf(2) }), child(2)),
      passing: { complete: true, value: new Set() },
    }),
    [
      { kind: 'adopt', id: idOf(2), jobId: jobOf(2) },
      { kind: 'stop-double', jobId: jobOf(3) },
    ],
  ],
  [
    'running and passing: probe',
    observed({ rows: [row(1, 'ready'), row(2, 'booting')] }),
    [{ kind: 'probe', id: idOf(2), jobId: jobOf(2), node: 'n1' }],
  ],
  [
    'a booting one past its time: fail and replace',
    observed({ rows: [row(1, 'ready'), row(2, 'booting', { dispatchedAt: ago(61) })] }),
    [{ kind: 'fail', id: idOf(2) }, { kind: 'intend', profile: 'default' }, publish(0, entries[0] ?? '')],
  ],
  [
    'a leased one whose allocation failed: fail',
    observed({
      rows: [...two, row(3, 'leased')],
      nomad: nomad(child(1), child(2), child(3, { allocations: ended('Exit Code: 1') })),
    }),
    [{ kind: 'fail', id: idOf(3) }],
  ],
  [
    'retiring and failed ones: stop, then wait for the allocation, then mark',
    observed({
      rows: [...two, row(3, 'retiring'), row(4, 'failed'), row(5, 'retiring')],
      nomad: nomad(
        child(1),
        child(2),
        child(3),
        child(4, { stopped: true, dead: true }),
        child(5, { stopped: true, dead: true, allocations: ended('') }),
      ),
    }),
    [
      { kind: 'stop', id: idOf(3), jobId: jobOf(3) },
      { kind: 'mark-stopped', id: idOf(5) },
    ],
  ],
  [
    'a child that no row knows: stop it, but not at once',
    observed({ nomad: nomad(child(1), child(2), child(8), child(9, { submittedAt: ago(5) })) }),
    [{ kind: 'stop-orphan', jobId: jobOf(8) }],
  ],
  ['Nomad away: nothing is concluded', observed({ rows: [row(1, 'retiring'), row(2, 'booting')], nomad: away }), []],
  [
    'Consul away: a leased one that Nomad forgot stays',
    observed({ rows: [...two, row(3, 'leased')], passing: away }),
    [],
  ],
  ['Redis away: no keys', observed({ queue: away }), []],
  [
    'Redis wiped: the keys come back',
    observed({ queue: { complete: true, value: { queued: [], booting: null, old: [] } } }),
    [publish(0, ...entries)],
  ],
  [
    'oldInstances: known ids retire, other entries go',
    observed({ queue: old(idOf(1), 'error', '', idOf(99)) }),
    [
      { kind: 'retire', id: idOf(1), from: ['booting', 'ready', 'leased'] },
      { kind: 'intend', profile: 'default' },
      { kind: 'forget-old', entry: 'error' },
      { kind: 'forget-old', entry: '' },
      { kind: 'forget-old', entry: idOf(99) },
      publish(0, entries[1] ?? ''),
    ],
  ],
  [
    'no room on the nodes: no more intents',
    observed({
      rows: [row(1, 'booting')],
      nomad: nomad(child(1, { allocations: [], blocked: 'No node has room for it.' })),
    }),
    [],
  ],
  [
    'people wait: one more each, up to the ceiling',
    observed({ waiting: 5 }),
    Array.from({ length: 2 }, () => ({ kind: 'intend', profile: 'default' })),
  ],
];

describe('the plan', () => {
  for (const [name, seen, expected] of table) {
    it(name, () => {
      const actions = plan(seen, desired, now);
      assert.ok(actions.every(({ reason }) => reason.length > 5));
      const bare = actions.map((action) =>
        Object.fromEntries(Object.entries(action).filter(([field]) => field !== 'reason')),
      );
      assert.deepEqual(bare, expected);
    });
  }

  it('tells why an instance failed, in words', () => {
    const blocked = child(2, {
      allocations: [],
      blocked: 'No node has room for it: memory is used up on 1 of 1 node.',
    });
    const late = observed({
      rows: [row(1, 'ready'), row(2, 'booting', { dispatchedAt: ago(61) })],
      nomad: nomad(child(1), blocked),
    });
    const failure = plan(late, desired, now).find(({ kind }) => kind === 'fail');
    assert.equal(
      failure?.reason,
      'The instance was not ready within 60 s. No node has room for it: memory is used up on 1 of 1 node.',
    );
  });
});
