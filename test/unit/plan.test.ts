import assert from 'node:assert/strict';
import type { Desired } from '../../src/manager/plan/desired.js';
import type { Observed } from '../../src/manager/plan/observed.js';
import { plan } from '../../src/manager/plan/plan.js';
import { ago, child, desired, idOf, jobOf, nomad, now, observed, pool, row, running } from './plan-support.js';

const away = { complete: false as const, why: 'away' };
const two = [row(1, 'ready'), row(2, 'ready')];
const entries = [1, 2].map((number) => `${jobOf(number)}|||${idOf(number)}`);
const publish = (booting: number, ...queued: string[]) => ({ kind: 'publish-queue', queued, booting });
const intend = (count: number) => ({ kind: 'intend', profile: 'default', count });
const retire = (number: number, ...from: string[]) => ({ kind: 'retire', id: idOf(number), from });
const intent = { jobId: null, dispatchTerm: null, dispatchedAt: null };
const noParent = { complete: true as const, value: { parents: new Map(), children: [] } };
const old = (...asked: string[]): Observed['queue'] => ({
  complete: true,
  value: { queued: entries, booting: '0', old: asked },
});
const failing = (count: number, first: number, latest: number) => ({
  bootFailures: { count, first: ago(first), latest: ago(latest), reason: 'It ended.' },
});
const ended = (text: string) => [{ ...running, status: 'failed' as const, ending: text }];
const version = (number: number, ...children: ReturnType<typeof child>[]): Observed['nomad'] => ({
  complete: true,
  value: { parents: new Map([['default', { version: number, service: 'instances' }]]), children },
});

interface Case {
  readonly seen: Observed;
  readonly wanted?: Desired;
  readonly actions: readonly object[];
}

/** What the manager does, as a specification: each section a subject, each line a situation and the whole list of actions. */
const specification: Readonly<Record<string, Readonly<Record<string, Case>>>> = {
  'the parent job': {
    'that Nomad lacks is registered; intents are written, but nothing is dispatched yet': {
      seen: observed({ registered: new Set(), rows: [row(1, 'booting', intent)], nomad: noParent }),
      actions: [{ kind: 'register-job', profile: 'default' }, intend(1)],
    },
    'is registered anew by a new leader, who may bring a newer file': {
      seen: observed({ registered: new Set() }),
      actions: [{ kind: 'register-job', profile: 'default' }],
    },
    'that deploy registers is never registered, and dispatched from at once': {
      seen: observed({ registered: new Set(), rows: [two[0]!, row(2, 'booting', intent)], nomad: nomad(child(1)) }),
      wanted: { pools: [{ ...pool, jobFile: undefined }], drain: false },
      actions: [{ kind: 'dispatch', id: idOf(2), profile: 'default', claimed: false }],
    },
    'with a newer version: successors first': {
      seen: observed({ nomad: version(1, child(1), child(2)) }),
      actions: [intend(2)],
    },
    'with a newer version: idle ones of the older go when successors are there, leased ones stay': {
      seen: observed({
        rows: [row(1, 'leased'), row(2, 'ready'), ...[3, 4].map((number) => row(number, 'ready', { jobVersion: 1 }))],
        nomad: version(1, child(1), child(2), child(3), child(4)),
      }),
      actions: [retire(2, 'ready'), publish(0, ...[3, 4].map((number) => `${jobOf(number)}|||${idOf(number)}`))],
    },
    'with a newer version and no room for successors: one idle one makes room': {
      seen: observed({
        rows: [row(1, 'leased'), row(2, 'leased'), row(3, 'ready'), row(4, 'ready')],
        nomad: version(1, child(1), child(2), child(3), child(4)),
      }),
      actions: [retire(3, 'ready'), publish(0, `${jobOf(4)}|||${idOf(4)}`)],
    },
  },
  'a start': {
    'that is intended: dispatch': {
      seen: observed({ rows: [two[0]!, row(2, 'booting', intent)], nomad: nomad(child(1)) }),
      actions: [{ kind: 'dispatch', id: idOf(2), profile: 'default', claimed: false }],
    },
    'claimed in this term just now: wait; claimed in an older term: dispatch': {
      seen: observed({
        term: 2,
        rows: [
          row(1, 'booting', { jobId: null, dispatchTerm: 2, dispatchedAt: ago(5) }),
          row(2, 'booting', { jobId: null, dispatchTerm: 1, dispatchedAt: ago(5) }),
        ],
        nomad: nomad(),
      }),
      actions: [{ kind: 'dispatch', id: idOf(2), profile: 'default', claimed: false }],
    },
    'whose job was not noted: adopt the first child, stop the second': {
      seen: observed({
        rows: [row(1, 'ready'), row(2, 'booting', { jobId: null })],
        nomad: nomad(child(1), child(3, { instanceId: idOf(2) }), child(2)),
        passing: { complete: true, value: new Set() },
      }),
      actions: [
        { kind: 'adopt', id: idOf(2), jobId: jobOf(2) },
        { kind: 'stop-double', jobId: jobOf(3) },
      ],
    },
    'that runs and passes: probe': {
      seen: observed({ rows: [row(1, 'ready'), row(2, 'booting')] }),
      actions: [{ kind: 'probe', id: idOf(2), profile: 'default', node: 'n1' }],
    },
    'past its time: fail and replace': {
      seen: observed({ rows: [row(1, 'ready'), row(2, 'booting', { dispatchedAt: ago(61) })] }),
      actions: [{ kind: 'fail', id: idOf(2) }, intend(1), publish(0, entries[0] ?? '')],
    },
    'that finds no room: no more intents': {
      seen: observed({
        rows: [row(1, 'booting')],
        nomad: nomad(child(1, { allocations: [], blocked: 'No node has room for it.' })),
      }),
      actions: [],
    },
    'after fifty that failed at once just now: not yet': {
      seen: observed({ rows: [], demand: failing(50, 1, 1) }),
      actions: [],
    },
    'after fifty that failed at once 2 s ago: again': {
      seen: observed({ rows: [], demand: failing(50, 2, 2) }),
      actions: [intend(2)],
    },
    'while they have been failing for a minute, and for less than a minute nothing was tried: not yet': {
      seen: observed({ rows: [], demand: failing(3, 119, 59) }),
      actions: [],
    },
    'when they have been failing for a minute, and a minute has passed: again': {
      seen: observed({ rows: [], demand: failing(3, 120, 60) }),
      actions: [intend(2)],
    },
    'when they have been failing for an hour: again after five minutes': {
      seen: observed({ rows: [], demand: failing(90, 3_900, 300) }),
      actions: [intend(2)],
    },
  },
  'the pool': {
    'that is full: nothing': { seen: observed(), actions: [] },
    'follows those who read the consent page, up to its most': {
      seen: observed({ demand: { arriving: 9 } }),
      actions: [intend(1)],
    },
    'adds one for each who waits, up to the ceiling': {
      seen: observed({ demand: { waiting: 5 } }),
      actions: [intend(2)],
    },
    'with more than it needs: the oldest go': {
      seen: observed({ rows: [row(1, 'ready'), row(2, 'ready'), row(3, 'ready')] }),
      actions: [retire(1, 'ready'), publish(0, ...[2, 3].map((number) => `${jobOf(number)}|||${idOf(number)}`))],
    },
    'of one profile is not filled by another’s instances, nor held up by its failures': {
      seen: observed({
        store: {
          at: now,
          rows: two,
          demand: new Map([['default', { waiting: 0, arriving: 0, ...failing(9, 30, 1) }]]),
        },
        registered: new Set(['default', 'vision']),
        nomad: {
          complete: true,
          value: {
            parents: new Map(['default', 'vision'].map((name) => [name, { version: 0, service: name }])),
            children: [child(1), child(2)],
          },
        },
      }),
      wanted: { pools: [pool, { ...pool, name: 'vision', job: 'parent-vision', min: 1 }], drain: false },
      actions: [{ kind: 'intend', profile: 'vision', count: 1 }],
    },
    'that is configured no more: its warm ones go, its leased ones stay': {
      seen: observed({
        rows: [...two, row(3, 'ready', { profile: 'gone' }), row(4, 'leased', { profile: 'gone' })],
        queue: old(),
      }),
      actions: [retire(3, 'booting', 'ready')],
    },
    'that is drained: warm and booting ones go, leased ones stay, nobody waiting brings new ones': {
      seen: observed({
        rows: [row(1, 'ready'), row(2, 'booting'), row(3, 'leased')],
        passing: away,
        demand: { waiting: 3 },
      }),
      wanted: { pools: [pool], drain: true },
      actions: [retire(1, 'booting', 'ready'), retire(2, 'booting', 'ready'), publish(0)],
    },
  },
  'an end': {
    'of a leased one’s allocation: fail': {
      seen: observed({
        rows: [...two, row(3, 'leased')],
        nomad: nomad(child(1), child(2), child(3, { allocations: ended('Exit Code: 1') })),
      }),
      actions: [{ kind: 'fail', id: idOf(3) }],
    },
    'that is asked for: stop, then wait for the allocation, then mark': {
      seen: observed({
        rows: [...two, row(3, 'retiring'), row(4, 'failed'), row(5, 'retiring')],
        nomad: nomad(
          child(1),
          child(2),
          child(3),
          child(4, { stopped: true, dead: true }),
          child(5, { stopped: true, dead: true, allocations: ended('') }),
        ),
      }),
      actions: [
        { kind: 'stop', id: idOf(3), jobId: jobOf(3) },
        { kind: 'mark-stopped', id: idOf(5) },
      ],
    },
    'of a job that no row knows: stop it, but not at once': {
      seen: observed({ nomad: nomad(child(1), child(2), child(8), child(9, { submittedAt: ago(5) })) }),
      actions: [{ kind: 'stop-orphan', jobId: jobOf(8) }],
    },
    'of a leased one that Nomad forgot, while Consul still sees it: not yet': {
      seen: observed({ rows: [...two, row(3, 'leased')], nomad: nomad(child(1), child(2)) }),
      actions: [],
    },
    'of a leased one that Nomad forgot together with the job that names its service: not yet': {
      seen: observed({
        rows: [...two, row(3, 'leased')],
        nomad: { complete: true, value: { parents: new Map(), children: [child(1), child(2)] } },
        passing: { complete: true, value: new Set([1, 2].map(idOf)) },
      }),
      actions: [{ kind: 'register-job', profile: 'default' }],
    },
    'of a leased one that Nomad and Consul forgot: fail': {
      seen: observed({
        rows: [...two, row(3, 'leased')],
        nomad: nomad(child(1), child(2)),
        passing: { complete: true, value: new Set([1, 2].map(idOf)) },
      }),
      actions: [{ kind: 'fail', id: idOf(3) }],
    },
  },
  'what could not be read': {
    'Nomad: nothing is concluded': {
      seen: observed({ rows: [row(1, 'retiring'), row(2, 'booting')], nomad: away }),
      actions: [],
    },
    'Consul: a leased one that Nomad forgot stays': {
      seen: observed({ rows: [...two, row(3, 'leased')], nomad: nomad(child(1), child(2)), passing: away }),
      actions: [],
    },
    'Redis: no keys': { seen: observed({ queue: away }), actions: [] },
    'an entry of Consul without an instance leads to nothing': {
      seen: observed({ passing: { complete: true, value: new Set([1, 2, 77].map(idOf)) } }),
      actions: [],
    },
  },
  'the seed’s keys': {
    'come back when Redis was wiped': {
      seen: observed({ queue: { complete: true, value: { queued: [], booting: null, old: [] } } }),
      actions: [publish(0, ...entries)],
    },
    'defect 14: of oldInstances, known ids retire, other entries go': {
      seen: observed({ queue: old(idOf(1), 'error', '', idOf(99)) }),
      actions: [
        retire(1, 'booting', 'ready', 'leased'),
        intend(1),
        { kind: 'forget-old', entry: 'error' },
        { kind: 'forget-old', entry: '' },
        { kind: 'forget-old', entry: idOf(99) },
        publish(0, entries[1] ?? ''),
      ],
    },
  },
};

describe('the plan', () => {
  for (const [subject, cases] of Object.entries(specification)) {
    describe(subject, () => {
      for (const [situation, { seen, wanted = desired, actions }] of Object.entries(cases)) {
        it(situation, () => {
          const planned = plan(seen, wanted, now);
          assert.ok(planned.every(({ reason }) => reason.length > 5));
          const bare = planned.map((action) =>
            Object.fromEntries(Object.entries(action).filter(([field]) => field !== 'reason')),
          );
          assert.deepEqual(bare, actions);
        });
      }
    });
  }
});
