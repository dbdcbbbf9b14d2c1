import type { Desired } from '../../src/manager/plan/desired.js';
import type { Allocation, Child, Demand, InstanceRow, NomadView, Observed } from '../../src/manager/plan/observed.js';
import { noDemand } from '../../src/manager/plan/observed.js';
import type { Profile } from '../../src/platform/profiles.js';

export const now = new Date('2026-11-24T12:00:00Z');
export const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1000);
export const pool: Profile = {
  name: 'default',
  job: 'parent',
  jobFile: 'instance.nomad.hcl',
  variables: undefined,
  min: 2,
  max: 3,
  maxInstances: 4,
  bootSeconds: 60,
};
export const desired: Desired = { pools: [pool], drain: false };
export const demandOf = (demand: Partial<Demand>): Observed['store']['demand'] =>
  new Map([['default', { ...noDemand, ...demand }]]);
export const idOf = (number: number): string => number.toString(16).padStart(12, '0');
export const jobOf = (number: number): string => `parent/dispatch-${number}`;

export function row(number: number, state: InstanceRow['state'], more: Partial<InstanceRow> = {}): InstanceRow {
  return {
    id: idOf(number),
    profile: 'default',
    state,
    dispatchTerm: 1,
    dispatchedAt: ago(40),
    jobId: jobOf(number),
    jobVersion: 0,
    createdAt: ago(100 - number),
    readyAt: state === 'ready' || state === 'leased' ? ago(50 - number) : null,
    ...more,
  };
}

export const running: Allocation = { status: 'running', node: 'n1', ending: '' };

export function child(number: number, more: Partial<Child> = {}): Child {
  return {
    jobId: jobOf(number),
    instanceId: idOf(number),
    dead: false,
    stopped: false,
    submittedAt: ago(40),
    createIndex: number,
    allocations: [running],
    blocked: null,
    ...more,
  };
}

export function nomad(...children: Child[]): { complete: true; value: NomadView } {
  return { complete: true, value: { parents: new Map([['default', { version: 0, service: 'instances' }]]), children } };
}

/** Two ready instances and nothing to do, but for what is given. */
export function observed(more: Partial<Observed> & { rows?: InstanceRow[]; demand?: Partial<Demand> } = {}): Observed {
  const { rows = [row(1, 'ready'), row(2, 'ready')], demand = {}, ...rest } = more;
  const queued = rows.filter(({ state }) => state === 'ready').map(({ id, jobId }) => `${jobId}|||${id}`);
  const booting = String(rows.filter(({ state }) => state === 'booting').length);
  return {
    term: 1,
    registered: new Set(['default']),
    store: { at: now, rows, demand: demandOf(demand) },
    nomad: nomad(...rows.flatMap(({ state }, index) => (state === 'failed' ? [] : [child(index + 1)]))),
    passing: { complete: true, value: new Set(rows.map(({ id }) => id)) },
    queue: { complete: true, value: { queued, booting, old: [] } },
    ...rest,
  };
}
