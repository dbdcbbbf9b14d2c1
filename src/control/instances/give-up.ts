import { endLease } from '../../participants/lease.js';
import { leave } from '../../participants/leave.js';
import { lockParticipant, moveParticipant } from '../../participants/participant.js';
import { type Database, type Queryable, transaction } from '../../platform/postgres/database.js';
import { audit } from '../access/audit.js';
import type { State } from './list.js';

/**
 * `retire`: whoever has it gives up the study, as after hours without a sign of life, and can come back to their work.
 * `replace`: whoever has it gets another one.
 */
export type Way = 'retire' | 'replace';

/** What can be made of an instance in each state. An idle one needs no replacing: the pool starts another if it wants so many. */
export const ways: Readonly<Record<State, readonly Way[]>> = {
  booting: ['retire'],
  ready: ['retire'],
  leased: ['replace', 'retire'],
  retiring: [],
  failed: [],
  stopped: [],
};

interface GivingUp {
  readonly id: string;
  /** As whoever decided it has seen it. */
  readonly from: State;
  readonly way: Way;
  readonly actor: string;
}

/** Marks it as retiring, for the manager to stop; it counts as stopped only once Nomad has stopped it. False if it is not as it was seen. */
export function giveUp(database: Database, { id, from, way, actor }: GivingUp): Promise<boolean> {
  return transaction(database, (client) =>
    from === 'leased' ? leased(client, id, way, actor) : idle(client, id, from, actor),
  );
}

async function idle(client: Queryable, id: string, from: State, actor: string): Promise<boolean> {
  const reason = `retired by ${actor}`;
  const { rowCount } = await client.query(
    `update instances set state = 'retiring', reason = $3, retired_at = now()
     where id = $1 and state = $2 and state in ('booting', 'ready')`,
    [id, from, reason],
  );
  if (rowCount !== 1) return false;
  await audit(client, { subject: 'instance', id, from, to: 'retiring', actor, reason });
  return true;
}

async function leased(client: Queryable, id: string, way: Way, actor: string): Promise<boolean> {
  const holder = await holderOf(client, id);
  if (holder === undefined) return false;
  await lockParticipant(client, holder);
  if ((await holderOf(client, id)) !== holder) return false;
  const reason = `instance ${id} was ${way === 'retire' ? 'retired' : 'replaced'} by ${actor}`;
  if (way === 'retire') return leave(client, { participant: holder, to: 'abandoned', reason, actor });
  // At their old place in the line, which is before all who came later.
  if (!(await moveParticipant(client, { id: holder, from: 'working', to: 'waiting', actor, reason }))) return false;
  await endLease(client, { participant: holder, reason, actor });
  return true;
}

async function holderOf(client: Queryable, id: string): Promise<string | undefined> {
  const { rows } = await client.query<{ holder: string }>(
    'select participant_id as holder from leases where instance_id = $1 and ended_at is null',
    [id],
  );
  return rows[0]?.holder;
}
