/** Out of a study before its end, and back again. */
import type { Database, Queryable } from '../platform/postgres/database.js';
import { changeCounters, conditionScope, lockCounters, placeScopes } from './counters.js';
import { activeConditions, isFull, scopesOf } from './draw.js';
import { isStudyFull, joinedOr, openStudy, placeTaken, type Refused } from './joining.js';
import { endLease } from './lease.js';
import { lockParticipant, moveParticipant, type ParticipantState } from './participant.js';

export interface Leaving {
  readonly participant: string;
  readonly to: 'abandoned' | 'withdrawn' | 'screened';
  readonly reason: string;
  readonly actor: string;
}

/** Who is done can still withdraw; who has left in one way does not leave in another. */
const mayLeave: Readonly<Record<Leaving['to'], readonly ParticipantState[]>> = {
  abandoned: ['arrived', 'consented', 'waiting', 'working'],
  screened: ['arrived', 'consented', 'waiting', 'working'],
  withdrawn: ['arrived', 'consented', 'waiting', 'working', 'finished', 'abandoned'],
};

/** The place is given back, the lease ends, the instance retires. False for who is not in a state to leave. */
export async function leave(client: Queryable, { participant: id, to, reason, actor }: Leaving): Promise<boolean> {
  const participant = await lockParticipant(client, id);
  if (participant === undefined || !mayLeave[to].includes(participant.state)) return false;
  const { state: from, studyId, condition, stratum } = participant;
  await moveParticipant(client, { id, from, to, reason, actor });
  await endLease(client, { participant: id, reason, actor });
  // Who abandoned the study has given the place back then.
  if (condition === null || from === 'abandoned') return true;
  await lockCounters(client, studyId, []);
  const counted = from === 'finished' ? 'completed' : 'inFlight';
  await changeCounters(client, studyId, [
    ...placeScopes(condition, stratum).map((scope) => ({ scope, name: counted, by: -1 }) as const),
    { scope: conditionScope(condition, stratum), name: 'givenBack', by: 1 },
  ]);
  return true;
}

/** `never-joined`: had no place that could be had again. */
export type RejoinResult = 'joined' | Refused | 'never-joined';

/**
 * Whoever was away for too long comes back to the condition that they had, at the end of the line. Somebody may have filled
 * their place: then the condition has one more than its share, but no cap is passed.
 */
export function rejoin(database: Database, id: string): Promise<RejoinResult> {
  return joinedOr<Exclude<RejoinResult, 'joined'>>(database, async (client, refuse) => {
    const participant = await lockParticipant(client, id);
    if (participant?.state !== 'abandoned') return refuse('already-joined');
    const { studyId, condition, stratum } = participant;
    if (condition === null) return refuse('never-joined');
    const study = await openStudy(client, id, refuse);
    const conditions = await activeConditions(client, studyId);
    const counters = await lockCounters(client, studyId, scopesOf(conditions, stratum));
    const name = conditions.find(({ number }) => number === condition)?.name ?? refuse('never-joined');
    const taken = counters.taken(conditionScope(condition, null));
    if (isStudyFull(study, counters) || isFull(study.page.balancing, name, taken)) refuse('study-full');
    await changeCounters(client, studyId, placeTaken(condition, stratum, counters));
    await client.query(
      `with moved as (
         update participants set state = 'waiting', queued_at = clock_timestamp(), ended_at = null where id = $1 returning study_id)
       insert into audit (study_id, subject, subject_id, from_state, to_state, actor, reason)
       select study_id, 'participant', $1, 'abandoned', 'waiting', 'landing', 'came back' from moved`,
      [id],
    );
  });
}
