/** Whether an invitation or a token of the researcher's own service is good. */
import { invitationState, isInvited } from '../participants/invitations.js';
import type { Newcomer } from '../participants/participant.js';
import type { StoredStudy } from '../participants/study-store.js';
import type { Logger } from '../platform/log.js';
import type { Database } from '../platform/postgres/database.js';
import { tokenService, TokenServiceDown } from '../platform/token-service.js';
import { Refusal } from '../platform/web/refusal.js';
import type { WayIn } from '../studies/recruitment.js';
import { usedByAnother } from './recognise.js';

interface Needs {
  readonly database: Database;
  readonly log: Logger;
}

type Claim = Pick<Newcomer, 'identity' | 'pair'>;

const wayOf = (identity: string): WayIn => identity.slice(0, identity.indexOf(':')) as WayIn;

const useYourLink = (): Refusal =>
  new Refusal(403, 'link-needed', 'Please open this study with the link that you were given for it.');

/** The answers of the token service that let somebody in: it knows the token, or it is down and the study admits all. */
export type Admitted = 'asked' | 'unasked';

/** Refuses who may not come by what they show. */
export async function refuseBadClaim(needs: Needs, study: StoredStudy, { identity, pair }: Claim): Promise<Admitted> {
  const way = identity === undefined ? 'link' : wayOf(identity);
  if (!study.page.entry.by.includes(way)) throw useYourLink();
  if (identity !== undefined && isInvited(identity)) await refuseBadInvitation(needs.database, study, identity);
  return way === 'token-service' && pair ? askService(needs, study, pair) : 'asked';
}

async function refuseBadInvitation(database: Database, study: StoredStudy, identity: string): Promise<void> {
  switch (await invitationState(database, study.id, identity)) {
    case 'unused':
      return;
    case 'used':
      throw usedByAnother();
    case 'expired':
      throw voidInvitation();
    case 'revoked':
      throw new Refusal(403, 'invitation-revoked', 'This invitation was taken back. Please ask whoever invited you.');
    case undefined:
      throw useYourLink();
  }
}

export const voidInvitation = (): Refusal =>
  new Refusal(410, 'invitation-expired', 'This invitation is no longer valid. Please ask whoever invited you.');

async function askService({ log }: Needs, study: StoredStudy, pair: NonNullable<Claim['pair']>): Promise<Admitted> {
  const service = study.page.entry.tokenService!;
  try {
    const answer = await tokenService.check(service.check, pair.id, pair.token);
    if (answer === 'Valid') return 'asked';
    if (answer === 'Invalid') throw useYourLink();
  } catch (error) {
    if (!(error instanceof TokenServiceDown)) throw error;
    log.warn({ study: study.id, reason: error.message, then: service.whenDown }, 'the token service cannot be asked');
    if (service.whenDown === 'admit') return 'unasked';
    throw new Refusal(503, 'token-service-down', 'Your link cannot be checked for the moment. Please try again soon.');
  }
  throw new Refusal(403, 'token-expired', 'Somebody already took part with this link. Each can be used once only.');
}

/** Pauses before each try to tell the service, in milliseconds. */
const TRIES = [0, 2_000, 10_000];

/** Tells the service that a token is used. Nobody waits for it: here the token is used in any case. */
export async function markUsed(log: Logger, study: StoredStudy, pair: NonNullable<Claim['pair']>): Promise<void> {
  const address = study.page.entry.tokenService?.used;
  if (address === undefined) return;
  for (const pause of TRIES) {
    await new Promise((resolve) => setTimeout(resolve, pause).unref());
    try {
      await tokenService.markUsed(address, pair.id, pair.token);
      return;
    } catch (error) {
      if (!(error instanceof TokenServiceDown)) throw error;
      log.warn({ study: study.id, participant: pair.id, reason: error.message }, 'a token could not be marked as used');
    }
  }
}
