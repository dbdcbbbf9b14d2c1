/** Questions before the consent form, as plain forms: who fits goes on, who does not is told so. */
import type { Context } from 'koa';
import { returnAddress } from '../participants/return-address.js';
import { hasPassed, storeScreening } from '../participants/screening.js';
import { studyOf } from '../participants/study-store.js';
import type { Logger } from '../platform/log.js';
import type { Database } from '../platform/postgres/database.js';
import { formFields } from '../platform/web/body.js';
import { refusal } from '../platform/web/refusal-pages.js';
import { refuseWithoutSession } from '../platform/web/session.js';
import type { Telemetry } from '../platform/web/telemetry.js';
import { FORM_LIMIT, type ReadForm, readForm } from '../studies/question-form.js';
import { questionTexts, summaryText } from '../studies/question-texts.js';
import { questionViews } from '../studies/question-view.js';
import { fits } from '../studies/screening.js';
import { type Admission, admit } from './admit.js';
import { arrived } from './arrival.js';
import { audienceOf, currentParticipant } from './entry.js';
import { linkTo } from './offer.js';
import { show } from './show.js';

const words = {
  en: {
    heading: 'Does this study fit you?',
    lead: 'Please answer these questions first. Your answers are stored, as they decide whether you can take part.',
    send: 'Continue',
  },
  de: {
    heading: 'Passt diese Studie zu Ihnen?',
    lead: 'Bitte beantworten Sie zuerst diese Fragen. Ihre Antworten werden gespeichert, da sie entscheiden, ob Sie teilnehmen können.',
    send: 'Weiter',
  },
};

interface Needs {
  readonly database: Database;
  readonly log: Logger;
  readonly secret: string;
  readonly telemetry: Pick<Telemetry, 'tokenService'>;
}

export async function askScreening(ctx: Context, needs: Needs): Promise<void> {
  const admission = await unscreened(ctx, needs);
  if (admission === undefined) return;
  await arrived(ctx, needs, admission);
  showQuestions(ctx, admission, new URLSearchParams(), new Map());
}

export async function answerScreening(ctx: Context, needs: Needs): Promise<void> {
  const { database } = needs;
  const admission = await unscreened(ctx, needs);
  if (admission !== undefined) {
    const { study, offer } = admission;
    if (admission.arrived === undefined && offer.newcomer.identity === undefined) refuseWithoutSession();
    const screening = study.page.screening!;
    const fields = await formFields(ctx, FORM_LIMIT);
    const { answers, problems } = readForm(screening.questions, fields);
    if (problems.size > 0) {
      showQuestions(ctx, admission, fields, problems);
      ctx.status = 422;
      return;
    }
    const { id } = await arrived(ctx, needs, admission);
    await storeScreening(database, { participant: id, answers, fits: fits(screening, answers) });
    // The answers that came first decide.
    ctx.redirect((await hasPassed(database, id)) ? linkTo('/consent', study, offer) : '/screened');
  }
  // Whoever reloads the next page sends no form again.
  ctx.status = 303;
}

/** Whoever may come in and has not answered yet; all others are sent on. */
async function unscreened(ctx: Context, needs: Needs): Promise<Admission | undefined> {
  const admission = await admit(ctx, needs);
  if (admission === undefined) return undefined;
  const { study, offer, arrived: known } = admission;
  const isAsked = study.page.screening !== undefined && !(known && (await hasPassed(needs.database, known.id)));
  if (isAsked) return admission;
  ctx.redirect(linkTo('/consent', study, offer));
  return undefined;
}

function showQuestions(
  ctx: Context,
  { study, offer }: Admission,
  fields: URLSearchParams,
  problems: ReadForm['problems'],
): void {
  const texts = questionTexts(study.language);
  show(ctx, 'landing/screening.html', study, {
    texts: { ...texts, ...words[study.language === 'de' ? 'de' : 'en'] },
    address: linkTo('/screening', study, offer),
    summary: problems.size > 0 ? summaryText(texts, problems.size) : null,
    views: questionViews(study.page.screening!.questions, fields, problems, texts),
  });
}

/** A page with a link back to who recruited: browsers let no form lead to another site. */
export async function screenedOut(ctx: Context, database: Database): Promise<void> {
  const participant = (await currentParticipant(ctx, database)) ?? refuseWithoutSession();
  if (participant.state !== 'screened') {
    ctx.redirect('/');
    return;
  }
  const study = await studyOf(database, participant);
  ctx.state.audience = audienceOf(study);
  throw refusal('screened', { back: returnAddress(study, participant, 'screenedOut') });
}
