import type { Context } from 'koa';
import Router from 'koa-router';
import { z } from 'zod';
import { join, type JoinResult } from '../participants/join.js';
import { liveInstance } from '../participants/lease.js';
import { type ReadyHints, serveLine } from '../participants/line.js';
import { arrive } from '../participants/participant.js';
import { findStudy, type StoredStudy } from '../participants/study-store.js';
import type { Database } from '../platform/postgres/database.js';
import { formBody, parsed } from '../platform/web/body.js';
import { Refusal } from '../platform/web/refusal.js';
import { startSession } from '../platform/web/session.js';
import {
  currentParticipant,
  pausedStudy,
  refuseMalformedTokens,
  refuseMobile,
  refuseUnlessOpen,
  requestedStudy,
  resumeAt,
} from './entry.js';

export interface Landing {
  readonly database: Database;
  readonly hints: ReadyHints;
  /** Addresses of the notebook page's files: browsers get them while their participants read. */
  readonly notebookFiles: readonly string[];
  /** Asks the manager to look at once; losing it costs only time. */
  nudge(): void;
  /** Instances were given out, perhaps: makes them ready, in its own time. */
  readonly prepare: () => void;
}

const HOW_TO_SCRIPT = '/assets/landing/how-to.js';

/** The participant's way in; the original's paths with .php are aliases. */
export function landingRoutes(landing: Landing): Router {
  const router = new Router();
  router.get(['/', '/index.php'], (ctx) => intro(ctx, landing));
  router.get(['/consent', '/consent.php'], (ctx) => consent(ctx, landing));
  router.post(['/howTo', '/howTo.php'], formBody, (ctx) => start(ctx, landing));
  router.get(['/howTo', '/howTo.php'], (ctx) => howTo(ctx, landing));
  router.all(['/getAssignedInstance', '/getAssignedInstance.php'], (ctx) => assignedInstance(ctx, landing));
  router.get('/demo/exit-survey', (ctx: Context) => {
    ctx.body = ctx.state.render('landing/exit-survey.html', { language: 'en', title: 'Thank you' });
  });
  return router;
}

/** The study that a newcomer may enter; undefined when it was a participant, who is sent on to where they were. */
async function enteredStudy(ctx: Context, database: Database): Promise<StoredStudy | undefined> {
  refuseMalformedTokens(ctx);
  if (await resumed(ctx, database)) return undefined;
  const study = await requestedStudy(ctx, database);
  refuseUnlessOpen(study);
  refuseMobile(ctx);
  return study;
}

async function intro(ctx: Context, { database }: Landing): Promise<void> {
  const study = await enteredStudy(ctx, database);
  if (study === undefined) return;
  show(ctx, 'landing/intro.html', study);
}

async function consent(ctx: Context, { database, notebookFiles }: Landing): Promise<void> {
  const study = await enteredStudy(ctx, database);
  if (study === undefined) return;
  const known = await currentParticipant(ctx, database);
  if (known?.state !== 'arrived' || known.studyId !== study.id) {
    startSession(ctx, (await arrive(database, study.id, ctx.state.address)).id);
  }
  show(ctx, 'landing/consent.html', study, { prefetch: [...notebookFiles, HOW_TO_SCRIPT] });
}

const consentForm = z.object({ consent: z.union([z.string(), z.array(z.string())]).optional() });

async function start(ctx: Context, landing: Landing): Promise<void> {
  const { database } = landing;
  refuseMalformedTokens(ctx);
  const participant = await currentParticipant(ctx, database);
  if (participant === undefined) {
    throw new Refusal(403, 'no-consent', 'Please open your study link again and fill in the consent form first.');
  }
  if (participant.state === 'arrived') {
    const study = (await findStudy(database, participant.studyId))!;
    const ticked = [parsed(consentForm, ctx.request.body).consent ?? []].flat();
    if (!study.page.consentBoxes.every((box) => ticked.includes(box.id))) {
      throw new Refusal(
        400,
        'no-consent',
        'To take part, please tick every box of the consent form. Go back to change your answers.',
      );
    }
    const joined = await join(database, {
      participantId: participant.id,
      studyId: study.id,
      address: ctx.state.address,
      consent: study.page.consentBoxes.map((box) => box.id),
    });
    refuseUnlessJoined(joined);
    await serveLine(database, landing.hints, study.profile);
    landing.prepare();
    landing.nudge();
  }
  // Whoever reloads the next page sends no form again.
  ctx.redirect('/howTo');
  ctx.status = 303;
}

function refuseUnlessJoined(result: JoinResult): void {
  switch (result) {
    case 'joined':
    case 'already-joined':
      return;
    case 'paused':
      throw pausedStudy();
    case 'not-open':
      throw new Refusal(410, 'closed', 'This study is not open any more. Thank you for your interest.');
    case 'study-full':
      throw new Refusal(410, 'full', 'This study has all the participants that it needs. Thank you for your interest.');
    case 'address-full':
      throw new Refusal(
        429,
        'address-full',
        'Too many participants came from your network today. Please try again tomorrow.',
      );
  }
}

async function howTo(ctx: Context, { database }: Landing): Promise<void> {
  const participant = await currentParticipant(ctx, database);
  if (participant === undefined || participant.state === 'arrived') {
    ctx.redirect('/');
    return;
  }
  if (participant.state === 'finished') {
    ctx.redirect('/survey');
    return;
  }
  const study = (await findStudy(database, participant.studyId))!;
  show(ctx, 'landing/how-to.html', study);
}

/** Plain text as in the original: `nr` not ready, `error`, or the notebook's address. */
async function assignedInstance(ctx: Context, { database, hints, prepare }: Landing): Promise<void> {
  ctx.type = 'text/plain';
  ctx.set('Cache-Control', 'no-store');
  const participant = await currentParticipant(ctx, database);
  if (participant === undefined || !['waiting', 'working'].includes(participant.state)) {
    ctx.status = 403;
    ctx.body = 'error';
    return;
  }
  if (participant.state === 'waiting') {
    const study = (await findStudy(database, participant.studyId))!;
    await serveLine(database, hints, study.profile);
    prepare();
  }
  const instance = await liveInstance(database, participant.id);
  ctx.body = instance === undefined ? 'nr' : `/proxy/${instance}/`;
}

async function resumed(ctx: Context, database: Database): Promise<boolean> {
  const participant = await currentParticipant(ctx, database);
  const wanted = ctx.query['study'];
  if (participant === undefined || (typeof wanted === 'string' && wanted !== participant.studyId)) return false;
  const address = await resumeAt(database, participant);
  if (address === undefined) return false;
  ctx.redirect(address);
  return true;
}

function show(ctx: Context, template: string, study: StoredStudy, more: object = {}): void {
  ctx.set('Cache-Control', 'no-store');
  ctx.body = ctx.state.render(template, { study, title: study.title, language: study.language, ...more });
}
