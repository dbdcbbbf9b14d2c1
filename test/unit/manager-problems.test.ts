import assert from 'node:assert/strict';
import type { Outcome } from '../../src/manager/plan/action.js';
import type { Desired } from '../../src/manager/plan/desired.js';
import type { Observed } from '../../src/manager/plan/observed.js';
import { problemsOf } from '../../src/manager/plan/problems.js';
import { reportOf } from '../../src/manager/plan/report.js';
import { ago, child, desired, idOf, nomad, now, observed, pool, row } from './plan-support.js';

const away = { complete: false as const, why: 'no answer' };
const noRoom = 'No node has room for it: memory is used up on 1 of 1 node.';

interface Case {
  readonly seen: Observed;
  readonly wanted?: Desired;
  readonly outcomes?: readonly Outcome[];
  readonly sentences: readonly string[];
}

const cases: Readonly<Record<string, Case>> = {
  'a full pool: none': { seen: observed(), sentences: [] },
  'Nomad, Consul and Redis away': {
    seen: observed({ nomad: away, passing: away, queue: away }),
    sentences: [
      'Nomad could not be read, so nothing is started or stopped: no answer.',
      'Redis could not be read; claims go on straight from Postgres: no answer.',
    ],
  },
  'Consul away': {
    seen: observed({ passing: away }),
    sentences: ['Consul could not be read, so no instance becomes ready: no answer.'],
  },
  'no job, where deploy brings it': {
    seen: observed({ nomad: { complete: true, value: { parents: new Map(), children: [] } } }),
    wanted: { pools: [{ ...pool, jobFile: undefined }], drain: false },
    sentences: ['Nomad has no job parent, so no instance can be started: run `observatory deploy`.'],
  },
  'no room': {
    seen: observed({
      rows: [row(1, 'booting'), row(2, 'booting')],
      nomad: nomad(child(1, { allocations: [], blocked: noRoom }), child(2, { allocations: [], blocked: noRoom })),
    }),
    sentences: [`2 instances wait for room. ${noRoom}`],
  },
  'people wait at the ceiling': {
    seen: observed({ rows: [1, 2, 3, 4].map((number) => row(number, 'leased')), demand: { waiting: 1 } }),
    sentences: ['Pool default is at its ceiling of 4 instances, and 1 participant waits: raise maxInstances.'],
  },
  'people wait for a drained pool': {
    seen: observed({ demand: { waiting: 2 } }),
    wanted: { ...desired, drain: true },
    sentences: ['The pools are drained, and 2 participants wait for an instance: `observatory drain --off` ends that.'],
  },
  'instances do not start': {
    seen: observed({
      demand: { bootFailures: { count: 3, first: ago(8), latest: ago(2), reason: 'The instance ended by itself.' } },
    }),
    sentences: [
      '3 instances in a row of pool default did not start; the next is tried at 12:00:04 UTC. The instance ended by itself.',
    ],
  },
  'instances do not start, and the next boots': {
    seen: observed({
      rows: [row(1, 'booting')],
      demand: { bootFailures: { count: 3, first: ago(100), latest: ago(90), reason: 'It could not be reached.' } },
    }),
    sentences: [
      '3 instances in a row of pool default did not start; the next is being tried. It could not be reached.',
    ],
  },
  'ghosts in Consul': {
    seen: observed({ passing: { complete: true, value: new Set([1, 2, 9].map(idOf)) } }),
    sentences: ['Consul has 1 passing entries of no instance on record, which are ignored: 000000000009.'],
  },
  'actions that fail alike': {
    seen: observed(),
    outcomes: [
      { kind: 'dispatch', result: 'failed', error: 'Nomad answered 403: Permission denied' },
      { kind: 'dispatch', result: 'failed', error: 'Nomad answered 403: Permission denied' },
      { kind: 'probe', result: 'nothing' },
    ],
    sentences: ['2 times: dispatch failed: Nomad answered 403: Permission denied'],
  },
};

describe('the manager’s problems', () => {
  for (const [name, { seen, wanted = desired, outcomes = [], sentences }] of Object.entries(cases)) {
    it(name, () => {
      assert.deepEqual(problemsOf(seen, wanted, outcomes, now), sentences);
    });
  }

  it('stand in the report of the pass, with its actions and pools', () => {
    const outcomes: Outcome[] = [
      { kind: 'intend', result: 'done' },
      { kind: 'probe', result: 'nothing' },
      { kind: 'stop', result: 'failed', error: 'no answer' },
    ];
    const seen = observed({ rows: [row(1, 'ready'), row(2, 'leased')], demand: { arriving: 9, waiting: 1 } });
    const circumstances = { milliseconds: 12.345, refusals: ['A key is refused.'], now };
    assert.deepEqual(reportOf(seen, desired, outcomes, circumstances), {
      milliseconds: 12.3,
      actions: { intend: { done: 1, failed: 0 }, probe: { done: 0, failed: 0 }, stop: { done: 0, failed: 1 } },
      pools: [
        {
          profile: 'default',
          job: 'parent',
          version: 0,
          min: 2,
          max: 3,
          maxInstances: 4,
          target: 4,
          waiting: 1,
          booting: 0,
          ready: 1,
          leased: 1,
          retiring: 0,
          failed: 0,
        },
      ],
      problems: ['stop failed: no answer', 'A key is refused.'],
      drained: false,
    });
  });
});
