/** The researcher's own consent form, as a file. */
import type { Context } from 'koa';
import { findStudyFile, studyOf } from '../participants/study-store.js';
import type { Database } from '../platform/postgres/database.js';
import { refusal } from '../platform/web/refusal-pages.js';
import { CONSENT_PDF } from '../studies/attachments.js';
import { currentParticipant, requestedStudy } from './entry.js';
import { linkParameters } from './offer.js';

const CACHED_SECONDS = 300;

/** For everybody who has the link, also when the study is over: who took part may want to read it again. */
export async function consentPdf(ctx: Context, database: Database): Promise<void> {
  const participant = await currentParticipant(ctx, database);
  const study = await requestedStudy(database, linkParameters(ctx), participant);
  // Whoever consented reads what they consented to.
  const own = participant?.studyId === study.id ? await studyOf(database, participant) : study;
  const file = await findStudyFile(database, own, CONSENT_PDF);
  if (file === undefined) throw refusal('not-found');
  ctx.status = 200;
  ctx.etag = file.digest;
  ctx.set('Cache-Control', `private, max-age=${CACHED_SECONDS}`);
  if (ctx.fresh) {
    ctx.status = 304;
    return;
  }
  ctx.type = file.type;
  ctx.set('Content-Disposition', `inline; filename="${CONSENT_PDF}"`);
  // Whatever else a browser should take it for, it runs nothing and is nobody's page here.
  ctx.set('Content-Security-Policy', "default-src 'none'; sandbox");
  ctx.body = file.content;
}
