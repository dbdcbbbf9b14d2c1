import type { ReturnCase } from '../studies/entry.js';
import { type AddressValues, filledAddress } from '../studies/address-template.js';
import type { Participant } from './participant.js';
import type { StoredStudy } from './study-store.js';

/** What addresses outside may be told of a participant. */
export function addressValues(participant: Participant): AddressValues {
  const { id, token, condition, origin, recruitment } = participant;
  return { participant: id, token, condition, origin, recruitment };
}

/** Where the recruiting service wants its participant back; undefined when the study names no address for this case. */
export function returnAddress(study: StoredStudy, participant: Participant, which: ReturnCase): string | undefined {
  const template = study.page.entry.returnTo[which];
  return template && filledAddress(template, addressValues(participant));
}
