import type { Action } from './action.js';
import { Children, surplusChildren } from './children.js';
import type { Desired } from './desired.js';
import { nextStep, type Situation } from './lifecycle.js';
import type { InstanceRow, NomadView, Observed } from './observed.js';
import { refill } from './pool.js';
import { forgetOld, publishQueue, retireOld } from './seed-keys.js';

/** Time for a child that no row knows; by the order of reading there should be none, so there is no hurry. */
const ORPHAN_GRACE_MS = 30_000;

/**
 * What to do about what was observed. Pure, and level-triggered: it asks only what is, never what happened. What was not
 * read completely leads to no failure, no stop of an orphan and no end of an instance.
 */
export function plan(observed: Observed, desired: Desired, now: Date): readonly Action[] {
  const old = retireOld(observed);
  const rows = without(observed.store.rows, old);
  const cluster = observed.nomad.complete ? withNomad(observed, observed.nomad.value, rows, desired, now) : [];
  const actions = [...old, ...cluster, ...forgetOld(observed)];
  return [...actions, ...publishQueue(observed, actions)];
}

function withNomad(
  observed: Observed,
  nomad: NomadView,
  rows: readonly InstanceRow[],
  desired: Desired,
  now: Date,
): Action[] {
  const children = new Children(nomad.children);
  const pools = new Map(desired.pools.map((pool) => [pool.name, pool]));
  const situation: Situation = { observed, nomad, children, pools, now };
  const steps = rows.flatMap((row) => nextStep(row, situation));
  const alive = without(rows, steps);
  return [
    ...registrations(observed, nomad, desired),
    ...steps,
    ...surplus(observed, children, now),
    ...strays(alive, pools),
    ...desired.pools.flatMap((pool) =>
      refill(
        pool,
        alive.filter(({ profile }) => profile === pool.name),
        situation,
        desired.drain,
      ),
    ),
  ];
}

/** The job files that this leader should give to Nomad. */
function registrations({ registered }: Observed, { parents }: NomadView, { pools }: Desired): Action[] {
  return pools
    .filter(({ jobFile }) => jobFile !== undefined)
    .flatMap(({ name: profile }): Action[] => {
      if (!parents.has(profile)) return [{ kind: 'register-job', profile, reason: 'Nomad has no such job' }];
      if (!registered.has(profile))
        return [{ kind: 'register-job', profile, reason: 'a new leader brings its job file' }];
      return [];
    });
}

/** Children that should not be: second ones of an instance, and those that no row knows. */
function surplus({ store: { rows } }: Observed, children: Children, now: Date): Action[] {
  const { doubles, orphans } = surplusChildren(rows, children);
  return [
    ...doubles.map(({ jobId, instanceId }): Action => ({
      kind: 'stop-double',
      jobId,
      reason: `instance ${instanceId} has another job`,
    })),
    ...orphans
      .filter(({ submittedAt }) => now.getTime() - submittedAt.getTime() > ORPHAN_GRACE_MS)
      .map(({ jobId }): Action => ({ kind: 'stop-orphan', jobId, reason: 'no instance on record has this job' })),
  ];
}

/** Warm instances of a profile that is no longer configured. */
function strays(rows: readonly InstanceRow[], pools: ReadonlyMap<string, unknown>): Action[] {
  return rows
    .filter(({ profile, state }) => !pools.has(profile) && (state === 'ready' || state === 'booting'))
    .map(({ id }) => ({ kind: 'retire', id, from: ['booting', 'ready'], reason: 'no pool has its profile' }));
}

/** The rows that none of these actions ends. */
function without(rows: readonly InstanceRow[], actions: readonly Action[]): readonly InstanceRow[] {
  const gone = new Set(
    actions.flatMap((action) => (action.kind === 'fail' || action.kind === 'retire' ? [action.id] : [])),
  );
  return rows.filter(({ id }) => !gone.has(id));
}
