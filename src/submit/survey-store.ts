import type { Queryable } from '../platform/postgres/database.js';
import type { Answers } from '../studies/questions.js';

export async function hasAnswered(database: Queryable, participantId: string): Promise<boolean> {
  const { rowCount } = await database.query('select from answers where participant_id = $1', [participantId]);
  return rowCount === 1;
}

/** The first answers stand, however many arrive at once; and only of who has finished. */
export async function storeAnswers(database: Queryable, participantId: string, answers: Answers): Promise<void> {
  await database.query(
    `insert into answers (participant_id, study_id, revision, answers)
     select p.id, p.study_id, v.revision, $2 from participants p join study_versions v on v.study_id = p.study_id and v.number = p.version
     where p.id = $1 and p.state = 'finished'
     on conflict (participant_id) do nothing`,
    [participantId, JSON.stringify(answers)],
  );
}
