import { instanceIdPattern } from '../platform/identity.js';
import { type Database, type Queryable, transaction } from '../platform/postgres/database.js';
import { changeCounters, lockCounters, placeScopes } from './counters.js';
import { lockParticipant, moveParticipant } from './participant.js';

/** The instance that the participant has now. */
export async function liveInstance(database: Queryable, participantId: string): Promise<string | undefined> {
  const { rows } = await database.query<{ instance: string }>(
    'select instance_id as instance from leases where participant_id = $1 and ended_at is null',
    [participantId],
  );
  return rows[0]?.instance;
}

/** Whether this participant may reach this instance now. The gate asks it about many at once. */
export async function holdsLease(database: Queryable, participantId: string, instanceId: string): Promise<boolean> {
  if (!instanceIdPattern.test(instanceId)) return false;
  const { rowCount } = await database.query(
    'select from leases where participant_id = $1 and instance_id = $2 and ended_at is null',
    [participantId, instanceId],
  );
  return rowCount === 1;
}

/** Whether this participant has or had this instance. */
export async function everHad(database: Queryable, participantId: string, instanceId: string): Promise<boolean> {
  if (!instanceIdPattern.test(instanceId)) return false;
  const { rowCount } = await database.query(
    'select from leases where participant_id = $1 and instance_id = $2 limit 1',
    [participantId, instanceId],
  );
  return rowCount === 1;
}

/** All instances that the participant has or had. */
export async function instancesHad(database: Queryable, participantId: string): Promise<string[]> {
  const { rows } = await database.query<{ instance: string }>(
    'select distinct instance_id as instance from leases where participant_id = $1',
    [participantId],
  );
  return rows.map(({ instance }) => instance);
}

export interface Beat {
  /** The last number that the page has given: what lies between it and what is stored is missing. */
  readonly seq?: number | undefined;
  /** Which page: one that another has taken over does not say what is missing. */
  readonly page?: string | undefined;
}

/** Returns the seconds for which the participant may have the instance; null where the study sets no end. */
export async function heartbeat(
  database: Queryable,
  participantId: string,
  { seq = 0, page }: Beat = {},
): Promise<number | null> {
  const { rows } = await database.query<{ seconds: number | null }>(
    `with beating as (
       update participants set heartbeat_at = now(),
         highest_seq = case when page = coalesce($3, page) then greatest(highest_seq, believed_seq($2, last_seq)) else highest_seq end
       where id = $1 and state = 'working')
     select extract(epoch from l.started_at + make_interval(hours => (v.definition->'instance'->>'maxHours')::int) - now())::int as seconds
     from leases l join participants p on p.id = l.participant_id join study_versions v on v.study_id = p.study_id and v.number = p.version
     where l.participant_id = $1 and l.ended_at is null`,
    [participantId, seq, page],
  );
  return rows[0]?.seconds ?? null;
}

export type FinishResult = { readonly finished: true } | { readonly finished: false; readonly acknowledged: number };

/**
 * The participant is done, provided that everything up to event `seq` is stored: the lease ends, the instance retires and
 * the counters move from in flight to completed, all at once. A second call finds it done.
 */
export async function finish(database: Database, participantId: string, seq: number): Promise<FinishResult> {
  return transaction(database, async (client) => {
    const participant = await lockParticipant(client, participantId);
    if (participant === undefined) return { finished: false, acknowledged: 0 };
    if (participant.state === 'finished') return { finished: true };
    const acknowledged = participant.lastSeq;
    if (acknowledged < seq) return { finished: false, acknowledged };
    const step = { id: participantId, to: 'finished', actor: 'participant' } as const;
    // Whoever waits because the instance died needs no other one for this.
    const isDone =
      (await moveParticipant(client, { ...step, from: 'working' })) ||
      (await moveParticipant(client, { ...step, from: 'waiting' }));
    if (!isDone) return { finished: false, acknowledged };
    await endLease(client, { participant: participantId, reason: 'the participant finished', actor: 'participant' });
    await client.query(
      `select count_loss(study_id, 'missing', highest_seq - last_seq) from participants where id = $1 and highest_seq > last_seq`,
      [participantId],
    );
    const { studyId, condition, stratum } = participant;
    await lockCounters(client, studyId, []);
    const changes = placeScopes(condition!, stratum).flatMap((scope) => [
      { scope, name: 'inFlight', by: -1 } as const,
      { scope, name: 'completed', by: 1 } as const,
    ]);
    await changeCounters(client, studyId, changes);
    return { finished: true };
  });
}

/** Whatever instance the participant has goes with the lease. */
export async function endLease(
  client: Queryable,
  { participant, reason, actor }: { readonly participant: string; readonly reason: string; readonly actor: string },
): Promise<void> {
  await client.query(
    `with ended as (
       update leases set ended_at = now(), end_reason = $2 where participant_id = $1 and ended_at is null returning instance_id),
     retired as (
       update instances set state = 'retiring', reason = $2, retired_at = now()
       where id in (select instance_id from ended) and state = 'leased' returning id, study_id)
     insert into audit (study_id, subject, subject_id, from_state, to_state, actor, reason)
     select study_id, 'instance', id, 'leased', 'retiring', $3, $2 from retired`,
    [participant, reason, actor],
  );
}
