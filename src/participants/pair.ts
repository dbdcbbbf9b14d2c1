import { participantIdPattern, sameSecret } from '../platform/identity.js';
import type { Queryable } from '../platform/postgres/database.js';
import { findParticipant, type Participant } from './participant.js';
import { findStudy } from './study-store.js';

/** The participant of an original's pair of user id and token; undefined if either is wrong. */
export async function participantOfPair(
  database: Queryable,
  userId: unknown,
  token: unknown,
): Promise<Participant | undefined> {
  const participant = await participantOfId(database, userId);
  return participant !== undefined && hasToken(participant, token) ? participant : undefined;
}

/** The same, for a browser without a session that wants to go on as this participant: undefined too where the study does not want it. */
export async function resumableByPair(
  database: Queryable,
  userId: unknown,
  token: unknown,
): Promise<Participant | undefined> {
  const participant = await participantOfPair(database, userId, token);
  const study = participant && (await findStudy(database, participant.studyId));
  return study?.page.entry.resume === 'anywhere' ? participant : undefined;
}

export async function participantOfId(database: Queryable, userId: unknown): Promise<Participant | undefined> {
  return typeof userId === 'string' && participantIdPattern.test(userId)
    ? findParticipant(database, userId)
    : undefined;
}

export function hasToken(participant: Participant, token: unknown): boolean {
  return typeof token === 'string' && sameSecret(token, participant.token);
}
