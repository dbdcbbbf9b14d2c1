import type { Participant } from '../participants/participant.js';
import { addressValues } from '../participants/return-address.js';
import { findStudy } from '../participants/study-store.js';
import type { Queryable } from '../platform/postgres/database.js';
import { filledAddress } from '../studies/address-template.js';

/** Where who is finished goes: the study's exit survey, with the parameters that the study names. */
export async function exitAddress(database: Queryable, participant: Participant): Promise<string> {
  const study = (await findStudy(database, participant.studyId))!;
  return filledAddress(study.page.exitSurvey, addressValues(participant));
}
