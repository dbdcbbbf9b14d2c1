import type { Context } from 'koa';
import type { Participant } from '../participants/participant.js';
import { returnAddress } from '../participants/return-address.js';
import { studyOf } from '../participants/study-store.js';
import type { Database } from '../platform/postgres/database.js';
import { refusal } from '../platform/web/refusal-pages.js';
import { refuseWithoutSession } from '../platform/web/session.js';
import { currentParticipant } from './entry.js';

/**
 * Back to the recruiting service. An exit survey elsewhere ends with a link to here, as it does not know the way back; and
 * browsers let no form of ours lead to another site, but a link may.
 */
export async function goBack(ctx: Context, database: Database): Promise<void> {
  const participant = (await currentParticipant(ctx, database)) ?? refuseWithoutSession();
  const study = await studyOf(database, participant);
  const which = endOf(participant);
  ctx.set('Cache-Control', 'no-store');
  if (which === undefined) {
    // Not done yet: they go on where they were.
    ctx.redirect('/');
    return;
  }
  const address = returnAddress(study, participant, which);
  if (address === undefined) throw refusal('no-return');
  ctx.redirect(address);
}

function endOf({ state }: Participant): 'completed' | 'screenedOut' | undefined {
  if (state === 'finished') return 'completed';
  return state === 'screened' ? 'screenedOut' : undefined;
}
