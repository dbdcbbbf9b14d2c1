import type { Participant } from '../../participants/participant.js';
import type { Queryable } from '../../platform/postgres/database.js';
import { storableJson } from '../event.js';
import { notebookState } from '../notebook-state.js';
import { toNotebook } from '../../studies/nbformat.js';
import type { Payload } from './payload.js';

/** False when the participant's part is over: nothing more is stored, as of events. */
export async function storePayload(database: Queryable, participantId: string, payload: Payload): Promise<boolean> {
  const { rowCount } = await database.query(payload.type === 'code' ? INSERT_CODE : INSERT_PASTE, [
    participantId,
    storableJson(payload),
  ]);
  return rowCount === 1;
}

const INSERT_CODE = `insert into submitted_code (study_id, participant_id, status, reading, code, time)
  select study_id, id, given->>'status', given->>'reading', given->'code', given->'time'
  from participants, (select $2::jsonb as given) g where id = $1 and state in ('waiting', 'working')`;

const INSERT_PASTE = `insert into submitted_pastes (study_id, participant_id, tasknum, cellid, code)
  select study_id, id, given->>'tasknum', given->>'cellid', given->>'code'
  from participants, (select $2::jsonb as given) g where id = $1 and state in ('waiting', 'working')`;

/**
 * The participant's notebook as it is now: as it was posted, if nothing was edited since, else as our events made it.
 * Undefined while they have none. @param letters which posts count: `f` alone for what was handed in at the end
 */
export async function currentNotebook(
  database: Queryable,
  { id, condition }: Participant,
  letters: readonly string[],
): Promise<unknown> {
  const { rows } = await database.query<{ code: unknown }>(
    `select code from submitted_code
     where participant_id = $1 and status = any($2) and jsonb_typeof(code) = 'object' and received_at >= coalesce(
       (select received_at from events where participant_id = $1 and type = 'edit' order by seq desc limit 1), '-infinity')
     order by id desc limit 1`,
    [id, letters],
  );
  if (rows[0] !== undefined) return rows[0].code;
  return condition === null ? undefined : toNotebook((await notebookState(database, id)).document);
}
