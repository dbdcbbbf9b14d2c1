import { KeptBriefly } from '../platform/kept-briefly.js';
import type { Queryable } from '../platform/postgres/database.js';
import type { RecordChoice } from '../studies/recording.js';

/** Who has not begun yet may have a moment later. */
const KEPT_MS = 10_000;

/** What each participant's study records, kept for a moment: a batch costs no question of its own. */
export const recordChoices = (database: Queryable): KeptBriefly<RecordChoice | undefined> =>
  new KeptBriefly(KEPT_MS, async (participantId) => {
    const { rows } = await database.query<{ choice: RecordChoice }>(
      `select v.definition->'record' as choice from participants p join study_versions v on v.study_id = p.study_id and v.number = p.version where p.id = $1`,
      [participantId],
    );
    return rows[0]?.choice;
  });
