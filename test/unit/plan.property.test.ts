import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Action } from '../../src/manager/action.js';
import type { Child, InstanceRow, Observed } from '../../src/manager/observed.js';
import { plan } from '../../src/manager/plan.js';
import { child, desired, idOf, jobOf, nomad, now, observed, row } from './plan-support.js';

const states = fc.constantFrom<InstanceRow['state'][]>('booting', 'ready', 'leased', 'retiring', 'failed');
const fates = fc.constantFrom('runs', 'stopped', 'ended', 'forgotten');
const part = <T>(complete: boolean, value: T) =>
  complete ? { complete: true as const, value } : { complete: false as const, why: 'away' };

const worlds = fc
  .record({
    instances: fc.array(fc.tuple(states, fates), { maxLength: 6 }),
    orphans: fc.nat(2),
    waiting: fc.nat(5),
    nomadUp: fc.boolean(),
    consulUp: fc.boolean(),
    old: fc.array(fc.integer({ min: 1, max: 8 }).map(idOf), { maxLength: 2 }),
  })
  .map(({ instances, orphans, waiting, nomadUp, consulUp, old }): Observed => {
    const rows = instances.map(([state], index) => row(index + 1, state));
    const children = instances.flatMap(([, fate], index) => (fate === 'forgotten' ? [] : [childWith(index + 1, fate)]));
    const strangers = Array.from({ length: orphans }, (_, index) => child(index + 20));
    const base = observed({ rows, waiting });
    return {
      ...base,
      nomad: part(nomadUp, nomad(...children, ...strangers).value),
      passing: part(consulUp, new Set(rows.map(({ id }) => id))),
      queue: { complete: true, value: { queued: [], booting: null, old } },
    };
  });

function childWith(number: number, fate: string): Child {
  if (fate === 'stopped') return child(number, { stopped: true, dead: true });
  const ended = [{ status: 'failed' as const, node: 'n1', ending: 'It ended.' }];
  return fate === 'ended' ? child(number, { dead: true, allocations: ended }) : child(number);
}

/** What a cluster where all goes well makes of the actions. */
function advance(world: Observed, actions: readonly Action[], serial: () => number): Observed {
  if (!world.nomad.complete) return world;
  let rows = [...world.store.rows];
  let children = [...world.nomad.value.children];
  const set = (id: string, change: Partial<InstanceRow>) => {
    rows = rows.map((one) => (one.id === id ? { ...one, ...change } : one));
  };
  for (const action of actions) {
    if (action.kind === 'intend')
      rows.push(row(serial(), 'booting', { jobId: null, dispatchTerm: null, dispatchedAt: null }));
    if (action.kind === 'dispatch') {
      const number = Number.parseInt(action.id, 16);
      children.push(child(number));
      set(action.id, { jobId: jobOf(number), dispatchedAt: now });
    }
    if (action.kind === 'probe') set(action.id, { state: 'ready', readyAt: now });
    if (action.kind === 'fail') set(action.id, { state: 'failed' });
    if (action.kind === 'retire') set(action.id, { state: 'retiring' });
    if (action.kind === 'mark-stopped') rows = rows.filter(({ id }) => id !== action.id);
    if ('jobId' in action && action.kind.startsWith('stop'))
      children = children.filter(({ jobId }) => jobId !== action.jobId);
  }
  children = children.map((one) => (one.stopped ? { ...one, allocations: [] } : one));
  return {
    ...observed({ rows, nomad: nomad(...children) }),
    queue: { complete: true, value: { queued: [], booting: null, old: [] } },
  };
}

describe('the plan, whatever is observed', () => {
  it('never goes above the ceiling', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const intents = plan(world, desired, now).filter(({ kind }) => kind === 'intend').length;
        assert.ok(intents === 0 || world.store.rows.length + intents <= desired.maxInstances);
      }),
    );
  });

  it('ends a leased instance only when it is told to or when Nomad says that it is over', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const old = world.queue.complete ? world.queue.value.old : [];
        const children = world.nomad.complete ? world.nomad.value.children : [];
        for (const action of plan(world, desired, now)) {
          if (!('id' in action)) continue;
          const leased = world.store.rows.find(({ id, state }) => id === action.id && state === 'leased');
          if (leased === undefined) continue;
          const own = children.find(({ jobId }) => jobId === leased.jobId);
          const over = own !== undefined && (own.dead || own.stopped);
          assert.ok(
            (action.kind === 'retire' && old.includes(leased.id)) || (action.kind === 'fail' && over),
            action.kind,
          );
        }
      }),
    );
  });

  it('stops and fails nothing when Nomad could not be read', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const blind: Observed = { ...world, nomad: { complete: false, why: 'away' } };
        const kinds = plan(blind, desired, now).map(({ kind }) => kind);
        assert.ok(kinds.every((kind) => ['retire', 'forget-old', 'publish-queue'].includes(kind)));
      }),
    );
  });

  it('comes to a full pool without leftovers', () => {
    fc.assert(
      fc.property(worlds, (start) => {
        let serial = 100;
        let world: Observed = { ...start, nomad: start.nomad.complete ? start.nomad : nomad() };
        for (let pass = 0; pass < 12; pass += 1) world = advance(world, plan(world, desired, now), () => (serial += 1));
        const leased = world.store.rows.filter(({ state }) => state === 'leased').length;
        const ready = world.store.rows.filter(({ state }) => state === 'ready').length;
        assert.equal(ready, Math.min(desired.poolSize, Math.max(0, desired.maxInstances - leased)));
        assert.equal(world.store.rows.length, leased + ready);
        if (!world.nomad.complete) return;
        const jobs = new Set(world.store.rows.map(({ jobId }) => jobId));
        assert.ok(world.nomad.value.children.every(({ jobId, dead, stopped }) => dead || stopped || jobs.has(jobId)));
      }),
    );
  });
});
