/** The exit survey as a page of our own: plain forms, no script. */
import type { Context } from 'koa';
import Router from 'koa-router';
import { findParticipant, type Participant } from '../participants/participant.js';
import { returnAddress } from '../participants/return-address.js';
import { type StoredStudy, studyOf } from '../participants/study-store.js';
import type { Database } from '../platform/postgres/database.js';
import { formFields } from '../platform/web/body.js';
import { refuseWithoutSession, requireParticipant } from '../platform/web/session.js';
import { isOwn, type OwnExitSurvey } from '../studies/exit-survey.js';
import { renderMarkdown } from '../studies/markdown.js';
import { FORM_LIMIT, type ReadForm, readForm } from '../studies/question-form.js';
import { summaryText } from '../studies/question-texts.js';
import { questionViews } from '../studies/question-view.js';
import { OWN_SURVEY } from './exit.js';
import { hasAnswered, storeAnswers } from './survey-store.js';
import { surveyTexts } from './survey-texts.js';

interface Asked {
  readonly participant: Participant;
  readonly study: StoredStudy;
  readonly survey: OwnExitSurvey;
}

export function surveyRoutes(database: Database): Router {
  const router = new Router();
  router.get(OWN_SURVEY, async (ctx) => {
    const asked = await whoIsAsked(ctx, database);
    if (asked === undefined) return;
    if (await hasAnswered(database, asked.participant.id)) showThanks(ctx, asked);
    else showQuestions(ctx, asked, new URLSearchParams(), new Map());
  });
  router.post(OWN_SURVEY, async (ctx) => {
    const asked = await whoIsAsked(ctx, database);
    if (asked === undefined) return;
    const fields = await formFields(ctx, FORM_LIMIT);
    if (!(await hasAnswered(database, asked.participant.id))) {
      const { answers, problems } = readForm(asked.survey.questions, fields);
      if (problems.size > 0) {
        showQuestions(ctx, asked, fields, problems);
        ctx.status = 422;
        return;
      }
      await storeAnswers(database, asked.participant.id, answers);
    }
    seeOther(ctx, OWN_SURVEY);
  });
  return router;
}

/** Undefined when the answer is given already: who is not done goes on, who is asked elsewhere goes there. */
async function whoIsAsked(ctx: Context, database: Database): Promise<Asked | undefined> {
  const participant = (await findParticipant(database, requireParticipant(ctx))) ?? refuseWithoutSession();
  const study = await studyOf(database, participant);
  const survey = study.page.exitSurvey;
  if (participant.state === 'finished' && survey !== undefined && isOwn(survey)) return { participant, study, survey };
  seeOther(ctx, participant.state === 'finished' ? '/survey' : '/');
  return undefined;
}

/** Whoever reloads the next page sends no form again. */
function seeOther(ctx: Context, address: string): void {
  ctx.redirect(address);
  ctx.status = 303;
}

function showQuestions(
  ctx: Context,
  { study, survey }: Asked,
  fields: URLSearchParams,
  problems: ReadForm['problems'],
): void {
  const texts = surveyTexts(study.language);
  show(ctx, 'survey/questions.html', study, {
    texts,
    address: OWN_SURVEY,
    summary: problems.size > 0 ? summaryText(texts, problems.size) : null,
    views: questionViews(survey.questions, fields, problems, texts),
  });
}

function showThanks(ctx: Context, { participant, study, survey }: Asked): void {
  show(ctx, 'survey/thanks.html', study, {
    texts: surveyTexts(study.language),
    thanks: survey.thanks === undefined ? null : renderMarkdown(survey.thanks),
    back: returnAddress(study, participant, 'completed') ?? null,
  });
}

function show(ctx: Context, template: string, study: StoredStudy, more: object): void {
  ctx.set('Cache-Control', 'no-store');
  ctx.body = ctx.state.render(template, { title: study.title, language: study.language, ...more });
}
