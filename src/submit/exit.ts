import type { Participant } from '../participants/participant.js';
import { findStudy } from '../participants/study-store.js';
import type { Queryable } from '../platform/postgres/database.js';
import { exitSurveyAddress } from '../studies/exit-survey.js';

/** Where who is finished goes: the study's exit survey, with the parameters that the study names. */
export async function exitAddress(database: Queryable, participant: Participant): Promise<string> {
  const study = (await findStudy(database, participant.studyId))!;
  return exitSurveyAddress(study.page.exitSurvey, {
    participant: participant.id,
    token: participant.token,
    condition: String(participant.condition ?? ''),
    origin: '0',
  });
}
