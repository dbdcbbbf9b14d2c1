import type { Profile } from '../../platform/profiles.js';
import type { Action } from './action.js';
import { type Children, hasEnded, isGone } from './children.js';
import { type Child, CLAIM_SECONDS, type InstanceRow, type NomadView, type Observed } from './observed.js';
import { usableParent } from './usable-parent.js';

/** What the rules of one instance look at. */
export interface Situation {
  readonly observed: Observed;
  readonly nomad: NomadView;
  readonly children: Children;
  /** The pools by profile. */
  readonly pools: ReadonlyMap<string, Profile>;
  readonly now: Date;
}

/** The next step of one instance, if Nomad was read. */
export function nextStep(row: InstanceRow, situation: Situation): Action[] {
  const child = situation.children.of(row);
  const adopted: Action[] =
    row.jobId === null && child !== undefined
      ? [{ kind: 'adopt', id: row.id, jobId: child.jobId, reason: 'Nomad has a job for it that was not noted' }]
      : [];
  return [...adopted, ...stepOf(row, child, situation)];
}

function stepOf(row: InstanceRow, child: Child | undefined, situation: Situation): Action[] {
  if (row.state === 'retiring' || row.state === 'failed') return ending(row, child, situation.now);
  return child === undefined ? withoutChild(row, situation) : living(row, child, situation);
}

/** A row whose instance should go: stopped when Nomad says that nothing of it runs. */
function ending(row: InstanceRow, child: Child | undefined, now: Date): Action[] {
  if (child !== undefined && !child.stopped && !child.dead) {
    return [{ kind: 'stop', id: row.id, jobId: child.jobId, reason: `the instance is ${row.state}` }];
  }
  if (child !== undefined && !isGone(child)) return [];
  if (child === undefined && row.jobId === null && isClaimed(row, now)) return [];
  const reason = child === undefined ? 'Nomad has no job for it' : 'its allocation has ended';
  return [{ kind: 'mark-stopped', id: row.id, reason }];
}

function withoutChild(row: InstanceRow, { observed, nomad, pools, now }: Situation): Action[] {
  const { term, passing } = observed;
  if (row.jobId === null) {
    const claimedByUs = row.dispatchTerm === term && isClaimed(row, now);
    const pool = pools.get(row.profile);
    const canDispatch = pool !== undefined && usableParent(pool, observed) !== undefined;
    if (row.state !== 'booting' || claimedByUs || !canDispatch) return [];
    const reason = row.dispatchTerm === null ? 'it is new' : 'its dispatch left no job';
    return [{ kind: 'dispatch', id: row.id, profile: row.profile, claimed: false, reason }];
  }
  if (isClaimed(row, now)) return [];
  // A participant's instance that Consul still sees answers: Nomad forgot it, the participant need not. Without the
  // parent job, its service may not be known.
  const wasAsked = passing.complete && nomad.parents.has(row.profile);
  if (row.state === 'leased' && (!wasAsked || passing.value.has(row.id))) return [];
  return [{ kind: 'fail', id: row.id, reason: 'Nomad no longer knows the job of this instance.' }];
}

function living(row: InstanceRow, child: Child, situation: Situation): Action[] {
  if (child.stopped) return [{ kind: 'fail', id: row.id, reason: 'The job of this instance was stopped in Nomad.' }];
  if (hasEnded(child)) {
    const why = child.allocations.find(({ ending: text }) => text !== '')?.ending ?? 'Nomad gave no reason.';
    return [{ kind: 'fail', id: row.id, reason: `The instance ended by itself. ${why}` }];
  }
  return row.state === 'booting' ? booting(row, child, situation) : [];
}

function booting(row: InstanceRow, child: Child, { observed, pools, now }: Situation): Action[] {
  const running = child.allocations.find(({ status }) => status === 'running');
  const since = row.dispatchedAt ?? row.createdAt;
  const allowed = pools.get(row.profile)?.bootSeconds;
  if (allowed !== undefined && now.getTime() - since.getTime() > allowed * 1000) {
    return [{ kind: 'fail', id: row.id, reason: bootReason(row, child, observed, allowed) }];
  }
  if (running === undefined || !passes(row, observed)) return [];
  const reason = 'Nomad runs it and Consul sees it';
  return [{ kind: 'probe', id: row.id, profile: row.profile, node: running.node, reason }];
}

function bootReason(row: InstanceRow, child: Child, observed: Observed, allowed: number): string {
  const start = `The instance was not ready within ${allowed} s.`;
  if (child.blocked !== null) return `${start} ${child.blocked}`;
  if (!child.allocations.some(({ status }) => status === 'running')) return `${start} Nomad has not started it.`;
  if (!passes(row, observed)) return `${start} It runs, but its check in Consul does not pass.`;
  return `${start} It runs and passes its check in Consul, but could not be reached through Traefik.`;
}

const passes = ({ id }: InstanceRow, { passing }: Observed): boolean => passing.complete && passing.value.has(id);

const isClaimed = ({ dispatchedAt }: InstanceRow, now: Date): boolean =>
  dispatchedAt !== null && now.getTime() - dispatchedAt.getTime() < CLAIM_SECONDS * 1000;
