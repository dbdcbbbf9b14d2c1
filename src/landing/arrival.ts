/** Whoever comes in: a newcomer becomes a participant with a session. */
import type { Context } from 'koa';
import type { KnownAddress } from '../participants/address.js';
import { arrive, noteTokenUnasked, PairTakenError, type Participant } from '../participants/participant.js';
import type { StoredStudy } from '../participants/study-store.js';
import { addressKey } from '../platform/identity.js';
import type { Database } from '../platform/postgres/database.js';
import { networkOf } from '../platform/web/client-address.js';
import { refusal } from '../platform/web/refusal-pages.js';
import { startSession } from '../platform/web/session.js';
import type { Admission } from './admit.js';

interface Needs {
  readonly database: Database;
  readonly secret: string;
}

/** The participant who goes on now; a newcomer gets a session. */
export async function arrived(ctx: Context, needs: Needs, admission: Admission): Promise<Participant> {
  const participant = admission.arrived ?? (await newcomer(ctx, needs, admission));
  if (admission.admitted === 'unasked') await noteTokenUnasked(needs.database, participant.id);
  return participant;
}

async function newcomer(ctx: Context, needs: Needs, { study, offer }: Admission): Promise<Participant> {
  const { database } = needs;
  const address = knownAddress(ctx, needs, study);
  const participant = await arrive(database, study.id, address, offer.newcomer).catch((error: unknown) => {
    throw error instanceof PairTakenError ? refusal('used-by-another') : error;
  });
  // Two browsers at once with one link.
  if (!participant.isNew && study.page.entry.resume === 'browser') throw refusal('used-by-another');
  startSession(ctx, participant.id);
  return participant;
}

export function knownAddress(ctx: Context, { secret }: Needs, { id, page }: StoredStudy): KnownAddress {
  const { address } = ctx.state;
  return {
    key: addressKey(secret, `study ${id}`, networkOf(address)),
    kept: page.entry.keepAddresses ? address : null,
  };
}
