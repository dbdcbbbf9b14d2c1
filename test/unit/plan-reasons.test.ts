import assert from 'node:assert/strict';
import type { Observed } from '../../src/manager/plan/observed.js';
import { plan } from '../../src/manager/plan/plan.js';
import { ago, child, desired, nomad, idOf, now, observed, row, running } from './plan-support.js';

const two = [row(1, 'ready'), row(2, 'ready')];
const ended = (text: string) => [{ ...running, status: 'failed' as const, ending: text }];

describe('the plan’s reasons', () => {
  it('tells why an instance was not ready in time: what was seen of it last', () => {
    const reason = (more: Partial<Observed>) =>
      plan(observed({ rows: [...two, row(3, 'booting', { dispatchedAt: ago(61) })], ...more }), desired, now).flatMap(
        (action) =>
          action.kind === 'fail' ? [action.reason.replace('The instance was not ready within 60 s. ', '')] : [],
      );
    const placed = nomad(child(1), child(2), child(3, { allocations: [{ ...running, status: 'pending' }] }));
    assert.deepEqual(reason({ nomad: placed }), ['Nomad has not started it.']);
    const passing = { complete: true as const, value: new Set([1, 2].map(idOf)) };
    assert.deepEqual(reason({ passing }), ['It runs, but its check in Consul does not pass.']);
    assert.deepEqual(reason({}), ['It runs and passes its check in Consul, but could not be reached through Traefik.']);
  });

  it('tells why an instance failed, in words', () => {
    const blocked = child(2, {
      allocations: [],
      blocked: 'No node has room for it: memory is used up on 1 of 1 node.',
    });
    const late = observed({
      rows: [row(1, 'ready'), row(2, 'booting', { dispatchedAt: ago(61) })],
      nomad: nomad(child(1, { allocations: ended('Nomad on n1: Terminated: Exit Code: 1.') }), blocked),
    });
    assert.deepEqual(
      plan(late, desired, now).flatMap((action) => (action.kind === 'fail' ? [action.reason] : [])),
      [
        'The instance ended by itself. Nomad on n1: Terminated: Exit Code: 1.',
        'The instance was not ready within 60 s. No node has room for it: memory is used up on 1 of 1 node.',
      ],
    );
  });
});
