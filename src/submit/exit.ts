import type { Participant } from '../participants/participant.js';
import { addressValues, returnAddress } from '../participants/return-address.js';
import { studyOf } from '../participants/study-store.js';
import type { Queryable } from '../platform/postgres/database.js';
import { filledAddress } from '../studies/address-template.js';
import { isOwn } from '../studies/exit-survey.js';

export const OWN_SURVEY = '/survey/questions';

/**
 * Where who is finished goes: our own page with the study's questions, or a survey elsewhere with the parameters that the
 * study names, or back to who recruited.
 */
export async function exitAddress(database: Queryable, participant: Participant): Promise<string> {
  const study = await studyOf(database, participant);
  const { exitSurvey } = study.page;
  if (exitSurvey !== undefined) {
    return isOwn(exitSurvey) ? OWN_SURVEY : filledAddress(exitSurvey, addressValues(participant));
  }
  const address = returnAddress(study, participant, 'completed');
  if (address === undefined)
    throw new Error(`study ${study.id} has neither an exit survey nor an address to return to`);
  return address;
}
