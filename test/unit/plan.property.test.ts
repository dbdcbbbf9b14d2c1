import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Action } from '../../src/manager/plan/action.js';
import { targetOf } from '../../src/manager/plan/pool.js';
import { pool } from './plan-support.js';
import { type Event, type Failure, World } from './plan-world.js';

const at = fc.nat(8);
const failures: fc.Arbitrary<Failure> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Failure>({ kind: 'none' }) },
  fc.record({
    kind: fc.constantFrom('error', 'error-after-effect', 'killed', 'killed-after-effect'),
    at,
  }) as fc.Arbitrary<Failure>,
  fc.record({ kind: fc.constantFrom('nomad-away', 'consul-away', 'redis-away') }) as fc.Arbitrary<Failure>,
);
const events: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constant('time' as const), seconds: fc.nat(120) }),
  fc.record({
    kind: fc.constantFrom('wait', 'claim', 'claim', 'finish', 'die', 'stop', 'forget', 'double', 'retire'),
    which: fc.nat(20),
  }) as fc.Arbitrary<Event>,
  fc.record({
    kind: fc.constantFrom('orphan', 'new-version', 'parent-stopped', 'redis-wiped', 'full', 'room'),
  }) as fc.Arbitrary<Event>,
);
const history = fc.array(fc.tuple(failures, fc.array(events, { maxLength: 3 })), { maxLength: 12 });

/** The checks that hold in every pass, whatever came before it. */
function checkPass(world: World, failure: Failure): readonly Action[] {
  const before = { rows: world.rows, children: world.children };
  const old = new Set(world.oldInstances);
  const actions = world.pass(failure);
  assert.ok(world.rows.length <= pool.maxInstances, 'the ceiling');
  for (const leased of before.rows.filter(({ state }) => state === 'leased')) {
    const own = before.children.find(({ jobId }) => jobId === leased.jobId);
    const lives = own !== undefined && !own.dead && !own.stopped;
    if (!lives || old.has(leased.id)) continue;
    const touched = actions.filter(
      (action) => ('id' in action && action.id === leased.id) || ('jobId' in action && action.jobId === own.jobId),
    );
    assert.deepEqual(touched, [], 'a leased instance that lives is left alone');
  }
  return actions;
}

function live(passes: readonly (readonly [Failure, readonly Event[]])[]): World {
  const world = new World();
  for (const [failure, happenings] of passes) {
    checkPass(world, failure);
    for (const event of happenings) world.happen(event);
  }
  return world;
}

describe('the plan, whatever has happened and whatever fails', () => {
  it('never goes above the ceiling, and leaves a leased instance that lives alone', () => {
    fc.assert(
      fc.property(history, (passes) => void live(passes)),
      { numRuns: 2_000 },
    );
  });

  it('comes to a full pool without leftovers when no more happens', () => {
    fc.assert(
      fc.property(history, failures, (passes, last) => {
        const world = live(passes);
        world.happen({ kind: 'room' });
        checkPass(world, last);
        // 60 passes of 10 s: longer than the longest backoff.
        for (let pass = 0; pass < 60; pass += 1) checkPass(world, { kind: 'none' });
        assert.ok(world.settled, 'rows and children agree');
        const wanted = targetOf(pool, world.demand, false);
        const room = pool.maxInstances - world.count('leased');
        assert.equal(world.count('ready'), Math.min(wanted, room));
        assert.deepEqual(checkPass(world, { kind: 'none' }), [], 'nothing is left to do');
      }),
      { numRuns: 2_000 },
    );
  });

  it('stops and fails nothing when Nomad could not be read', () => {
    fc.assert(
      fc.property(history, (passes) => {
        const kinds = live(passes)
          .pass({ kind: 'nomad-away' })
          .map(({ kind }) => kind);
        assert.ok(kinds.every((kind) => ['retire', 'forget-old', 'publish-queue'].includes(kind)));
      }),
      { numRuns: 1_000 },
    );
  });
});
