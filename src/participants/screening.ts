import { type Database, type Queryable, transaction } from '../platform/postgres/database.js';
import type { Answers } from '../studies/questions.js';
import { leave } from './leave.js';
import { lockParticipant } from './participant.js';

export interface Screened {
  readonly participant: string;
  readonly answers: Answers;
  readonly fits: boolean;
}

/** Whether somebody has answered and fits. */
export async function hasPassed(database: Queryable, participant: string): Promise<boolean> {
  const { rowCount } = await database.query('select from screenings where participant_id = $1 and fits', [participant]);
  return rowCount === 1;
}

/** The first answers stand, however many arrive at once: who does not fit is out. */
export async function storeScreening(database: Database, { participant, answers, fits }: Screened): Promise<void> {
  await transaction(database, async (client) => {
    const found = await lockParticipant(client, participant);
    if (found?.state !== 'arrived') return;
    const { rowCount } = await client.query(
      `insert into screenings (participant_id, study_id, revision, answers, fits)
       select $1, id, revision, $3, $4 from studies where id = $2 on conflict do nothing`,
      [participant, found.studyId, JSON.stringify(answers), fits],
    );
    if (rowCount === 1 && !fits) {
      await leave(client, { participant, to: 'screened', reason: 'does not fit', actor: 'landing' });
    }
  });
}
