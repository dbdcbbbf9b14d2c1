import type { Allocation, Child, Desired, InstanceRow, NomadView, Observed } from '../../src/manager/observed.js';

export const now = new Date('2026-11-24T12:00:00Z');
export const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1000);
export const desired: Desired = { profile: 'default', poolSize: 2, maxInstances: 4, bootSeconds: 60 };
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
  return { complete: true, value: { parent: { version: 0 }, children } };
}

/** Two ready instances and nothing to do, but for what is given. */
export function observed(more: Partial<Observed> & { rows?: InstanceRow[]; waiting?: number } = {}): Observed {
  const { rows = [row(1, 'ready'), row(2, 'ready')], waiting = 0, ...rest } = more;
  const queued = rows.filter(({ state }) => state === 'ready').map(({ id, jobId }) => `${jobId}|||${id}`);
  const booting = String(rows.filter(({ state }) => state === 'booting').length);
  return {
    term: 1,
    jobRegistered: true,
    store: { rows, waiting, bootFailures: { count: 0, latest: null } },
    nomad: nomad(child(1), child(2)),
    passing: { complete: true, value: new Set(rows.map(({ id }) => id)) },
    queue: { complete: true, value: { queued, booting, old: [] } },
    ...rest,
  };
}
