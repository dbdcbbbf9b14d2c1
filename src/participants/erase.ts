/** All that is known of a participant, removed for good. */
import { type Database, type Queryable, transaction } from '../platform/postgres/database.js';
import { leave } from './leave.js';
import { lockParticipant, type ParticipantState } from './participant.js';

export interface Erasure {
  readonly participant: string;
  readonly actor: string;
  readonly reason: string;
}

/** Tables whose rows are a participant's. What refers to participants and is not here lets no participant be erased. */
export const ownTables = [
  'events',
  'stray_events',
  'given_up',
  'snapshots',
  'answers',
  'screenings',
  'submitted_code',
  'submitted_pastes',
  'leases',
];

const goesOn: readonly ParticipantState[] = ['arrived', 'consented', 'waiting', 'working'];

/** Whoever takes part at the moment is withdrawn first. False when there is no such participant. */
export function erase(database: Database, erasure: Erasure): Promise<boolean> {
  return transaction(database, (client) => eraseWithin(client, erasure));
}

async function eraseWithin(client: Queryable, { participant: id, actor, reason }: Erasure): Promise<boolean> {
  const found = await lockParticipant(client, id);
  if (found === undefined) return false;
  if (goesOn.includes(found.state)) await leave(client, { participant: id, to: 'withdrawn', reason, actor });
  for (const table of ownTables) await client.query(`delete from ${table} where participant_id = $1`, [id]);
  await client.query('delete from invitations where used_by = $1', [id]);
  await client.query(`delete from audit where subject = 'participant' and subject_id = $1`, [id]);
  await client.query('delete from participants where id = $1', [id]);
  await client.query(
    `with tombstone as (
       insert into erased (study_id, condition, state, actor, reason)
       values ($1, $2, case when $3 = any($4::text[]) then 'withdrawn' else $3 end, $5, $6) returning number, study_id, state)
     insert into audit (study_id, subject, subject_id, from_state, to_state, actor, reason)
     select study_id, 'participant', 'erased ' || number, state, 'erased', $5, $6 from tombstone`,
    [found.studyId, found.condition, found.state, goesOn, actor, reason],
  );
  return true;
}

/** By the rule of the version that somebody began with, or else by that of the study: who ended, or came and never began, so many days ago. Returns how many were erased. */
export async function eraseOld(database: Database, now: Date): Promise<number> {
  const { rows } = await database.query<{ id: string; days: number }>(
    `select p.id, (v.definition->>'keepDays')::int as days from participants p join studies s on s.id = p.study_id
     join study_versions v on v.study_id = s.id and v.number = coalesce(p.version, s.version)
     where jsonb_typeof(v.definition->'keepDays') = 'number' and p.state not in ('waiting', 'working')
       and coalesce(p.ended_at, p.consented_at, p.arrived_at) < $1::timestamptz - make_interval(days => (v.definition->>'keepDays')::int)
     order by p.id`,
    [now],
  );
  let erased = 0;
  for (const { id, days } of rows) {
    const reason = `kept for ${days} days, as the study says`;
    if (await erase(database, { participant: id, actor: 'control', reason })) erased += 1;
  }
  return erased;
}
