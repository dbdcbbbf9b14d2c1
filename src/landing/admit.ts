/** The order of the checks on the way in. Each page makes them again, and so does the post. */
import type { Context } from 'koa';
import type { Participant, ParticipantState } from '../participants/participant.js';
import { hasPassed } from '../participants/screening.js';
import { type StoredStudy, studyOf } from '../participants/study-store.js';
import type { Logger } from '../platform/log.js';
import type { Database } from '../platform/postgres/database.js';
import type { Telemetry } from '../platform/web/telemetry.js';
import { type Admitted, refuseBadClaim } from './claim.js';
import {
  audienceOf,
  currentParticipant,
  refuseFull,
  refuseMobile,
  refuseUnlessOpen,
  requestedStudy,
  resumeAt,
} from './entry.js';
import { linkParameters, linkTo, type Offer, readOffer } from './offer.js';
import { recognise } from './recognise.js';

export interface Admission {
  readonly study: StoredStudy;
  readonly offer: Offer;
  /** Whoever opened the consent form before. */
  readonly arrived: Participant | undefined;
  readonly admitted: Admitted;
}

interface Needs {
  readonly database: Database;
  readonly log: Logger;
  readonly telemetry: Pick<Telemetry, 'tokenService'>;
}

/** Where a form leads that is sent by who is not a newcomer any more, if not to where they are. */
const sentAgainTo: Readonly<Partial<Record<ParticipantState, string>>> = {
  // It leads where it led at first, lest who clicks twice never reads how it works.
  working: '/howTo',
  // Browsers let no form lead to another site.
  screened: '/screened',
};

/** Undefined when it was a participant, who is sent on to where they were, whatever holds for newcomers. */
export async function admit(ctx: Context, needs: Needs): Promise<Admission | undefined> {
  const { database } = needs;
  const parameters = linkParameters(ctx);
  const session = await currentParticipant(ctx, database);
  const study = await requestedStudy(database, parameters, session);
  ctx.state.audience = audienceOf(study);
  const offer = await readOffer(database, study, parameters);
  const known = await recognise(ctx, database, study, offer, session);
  if (known !== undefined && known.version !== null) ctx.state.audience = audienceOf(await studyOf(database, known));
  const address = known && (await resumeAt(database, known));
  if (known !== undefined && address !== undefined) {
    ctx.redirect(ctx.method === 'POST' ? (sentAgainTo[known.state] ?? address) : address);
    return undefined;
  }
  const admitted = await refuseBadClaim(needs, study, claimOf(offer, known));
  refuseUnlessOpen(study);
  refuseMobile(ctx, study);
  await refuseFull(database, study);
  return { study, offer, arrived: known, admitted };
}

/** Undefined also for who has not answered the study's screening questions, and is sent there. */
export async function admitScreened(ctx: Context, needs: Needs): Promise<Admission | undefined> {
  const admission = await admit(ctx, needs);
  if (admission?.study.page.screening === undefined) return admission;
  const { study, offer, arrived } = admission;
  if (arrived !== undefined && (await hasPassed(needs.database, arrived.id))) return admission;
  ctx.redirect(linkTo('/screening', study, offer));
  return undefined;
}

function claimOf(offer: Offer, known: Participant | undefined): Offer['newcomer'] {
  if (known === undefined) return offer.newcomer;
  return known.identity === null ? {} : { identity: known.identity, pair: { id: known.id, token: known.token } };
}
