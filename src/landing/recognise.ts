/** Whether somebody is a participant already, and may go on as that one. */
import type { Context } from 'koa';
import { resumableByPair } from '../participants/pair.js';
import { findByIdentity, type Participant } from '../participants/participant.js';
import type { StoredStudy } from '../participants/study-store.js';
import { sameSecret } from '../platform/identity.js';
import type { Queryable } from '../platform/postgres/database.js';
import { refusal } from '../platform/web/refusal-pages.js';
import { startSession } from '../platform/web/session.js';
import type { Offer } from './offer.js';

/**
 * The participant that this browser may go on as; undefined for a newcomer. A link that names somebody decides; the
 * session of somebody else opens it as little as nobody's. Starts the session where the link alone is enough.
 */
export async function recognise(
  ctx: Context,
  database: Queryable,
  study: StoredStudy,
  offer: Offer,
  session: Participant | undefined,
): Promise<Participant | undefined> {
  const here = session?.studyId === study.id ? session : undefined;
  const { identity } = offer.newcomer;
  if (identity === undefined) return here ?? (await fromOriginalCookies(ctx, database, study));
  if (here?.identity === identity) return showsSecret(here, offer) ? here : refuse();
  const known = await findByIdentity(database, study.id, identity);
  if (known === undefined) {
    if (here && inFlight(here)) throw refusal('other-participant');
    return undefined;
  }
  const isAnother = here !== undefined && here.state !== 'arrived';
  if (isAnother || study.page.entry.resume === 'browser' || !showsSecret(known, offer)) refuse();
  startSession(ctx, known.id);
  return known;
}

function refuse(): never {
  throw refusal('used-by-another');
}

const inFlight = ({ state }: Participant): boolean => ['consented', 'waiting', 'working'].includes(state);

function showsSecret({ token, recruitment }: Participant, { secret }: Offer): boolean {
  if (secret === undefined) return true;
  return sameSecret(secret.value, secret.parameter === 'token' ? token : (recruitment[secret.parameter] ?? ''));
}

/** The cookies of the original's pages. */
async function fromOriginalCookies(
  ctx: Context,
  database: Queryable,
  study: StoredStudy,
): Promise<Participant | undefined> {
  const unsigned = { signed: false };
  const known = await resumableByPair(
    database,
    ctx.cookies.get('userId', unsigned),
    ctx.cookies.get('token', unsigned),
  );
  if (known?.studyId !== study.id) return undefined;
  startSession(ctx, known.id);
  return known;
}
