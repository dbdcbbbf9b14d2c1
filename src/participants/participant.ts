import { newParticipantId } from '../platform/identity.js';
import type { Queryable } from '../platform/postgres/database.js';

export type ParticipantState =
  'arrived' | 'consented' | 'waiting' | 'working' | 'finished' | 'abandoned' | 'withdrawn' | 'screened';

export interface Participant {
  readonly id: string;
  readonly studyId: string;
  readonly token: string;
  readonly state: ParticipantState;
  readonly condition: number | null;
}

const columns = 'id, study_id as "studyId", token, state, condition';

export async function findParticipant(database: Queryable, id: string): Promise<Participant | undefined> {
  const { rows } = await database.query<Participant>(`select ${columns} from participants where id = $1`, [id]);
  return rows[0];
}

export async function arrive(database: Queryable, studyId: string, address: string): Promise<Participant> {
  const id = newParticipantId();
  const { rows } = await database.query<Participant>(
    `with arrived as (insert into participants (id, study_id, token, address) values ($1, $2, $3, $4) returning *),
          audited as (insert into audit (study_id, subject, subject_id, to_state, actor)
                      select study_id, 'participant', id, state, 'landing' from arrived)
     select ${columns} from arrived`,
    [id, studyId, newParticipantId(), address],
  );
  return rows[0]!;
}

export interface Move {
  readonly id: string;
  readonly from: ParticipantState;
  readonly to: ParticipantState;
  readonly actor: string;
  readonly reason?: string;
}

/** One guarded change of state with its audit row; false when the participant was not in `from`. */
export async function moveParticipant(client: Queryable, { id, from, to, actor, reason }: Move): Promise<boolean> {
  const { rowCount } = await client.query(
    `with moved as (
       update participants set state = $3,
         consented_at = case when $3 = 'consented' then now() else consented_at end,
         queued_at = case when $3 = 'waiting' then coalesce(queued_at, now()) else queued_at end,
         working_at = case when $3 = 'working' then coalesce(working_at, now()) else working_at end,
         ended_at = case when $3 in ('finished', 'abandoned', 'withdrawn', 'screened') then now() else ended_at end
       where id = $1 and state = $2 returning study_id)
     insert into audit (study_id, subject, subject_id, from_state, to_state, actor, reason)
     select study_id, 'participant', $1, $2, $3, $4, $5 from moved`,
    [id, from, to, actor, reason ?? null],
  );
  return rowCount === 1;
}
