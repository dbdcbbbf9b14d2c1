/** Whether an invitation or a token of the researcher's own service is good. */
import { invitationState, isInvited } from '../participants/invitations.js';
import type { Newcomer } from '../participants/participant.js';
import type { StoredStudy } from '../participants/study-store.js';
import type { Logger } from '../platform/log.js';
import type { Database } from '../platform/postgres/database.js';
import { tokenService, TokenServiceDown } from '../platform/token-service.js';
import { refusal } from '../platform/web/refusal-pages.js';
import type { Telemetry } from '../platform/web/telemetry.js';
import type { WayIn } from '../studies/recruitment.js';

interface Needs {
  readonly database: Database;
  readonly log: Logger;
  readonly telemetry: Pick<Telemetry, 'tokenService'>;
}

type Claim = Pick<Newcomer, 'identity' | 'pair'>;

const wayOf = (identity: string): WayIn => identity.slice(0, identity.indexOf(':')) as WayIn;

/** The answers of the token service that let somebody in: it knows the token, or it is down and the study admits all. */
export type Admitted = 'asked' | 'unasked';

/** Refuses who may not come by what they show. */
export async function refuseBadClaim(needs: Needs, study: StoredStudy, { identity, pair }: Claim): Promise<Admitted> {
  const way = identity === undefined ? 'link' : wayOf(identity);
  if (!study.page.entry.by.includes(way)) throw refusal('link-needed');
  if (identity !== undefined && isInvited(identity)) await refuseBadInvitation(needs.database, study, identity);
  return way === 'token-service' && pair ? askService(needs, study, pair) : 'asked';
}

async function refuseBadInvitation(database: Database, study: StoredStudy, identity: string): Promise<void> {
  switch (await invitationState(database, study.id, identity)) {
    case 'unused':
      return;
    case 'used':
      throw refusal('used-by-another');
    case 'expired':
      throw refusal('invitation-expired');
    case 'revoked':
      throw refusal('invitation-revoked');
    case undefined:
      throw refusal('link-needed');
  }
}

const said = { Valid: 'valid', Invalid: 'invalid', Expired: 'expired' } as const;

async function askService(
  { log, telemetry }: Needs,
  study: StoredStudy,
  pair: NonNullable<Claim['pair']>,
): Promise<Admitted> {
  const service = study.page.entry.tokenService!;
  try {
    const answer = await tokenService.check(service.check, pair.id, pair.token);
    telemetry.tokenService('check', said[answer]);
    if (answer === 'Valid') return 'asked';
    if (answer === 'Invalid') throw refusal('link-needed');
  } catch (error) {
    if (!(error instanceof TokenServiceDown)) throw error;
    telemetry.tokenService('check', 'down');
    log.warn({ study: study.id, reason: error.message, then: service.whenDown }, 'the token service cannot be asked');
    if (service.whenDown === 'admit') return 'unasked';
    throw refusal('token-service-down');
  }
  throw refusal('token-expired');
}
