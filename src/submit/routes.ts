import type { Context, Next } from 'koa';
import Router from 'koa-router';
import { z } from 'zod';
import { everHad, finish, heartbeat, holdsLease, liveInstance } from '../participants/lease.js';
import { type ReadyHints, serveLine } from '../participants/line.js';
import { resumableByPair } from '../participants/pair.js';
import { findParticipant } from '../participants/participant.js';
import { markSeen } from '../participants/presence.js';
import { studyOf } from '../participants/study-store.js';
import { instanceIdPattern, participantAlias, submitKey } from '../platform/identity.js';
import type { Logger } from '../platform/log.js';
import type { Database } from '../platform/postgres/database.js';
import { jsonBody, parsed } from '../platform/web/body.js';
import { pathParameter } from '../platform/web/path-parameter.js';
import { Refusal } from '../platform/web/refusal.js';
import { refusal } from '../platform/web/refusal-pages.js';
import {
  refuseForeignNotebook,
  refuseWithoutSession,
  requireParticipant,
  sessionParticipant,
  startSession,
} from '../platform/web/session.js';
import type { Telemetry } from '../platform/web/telemetry.js';
import { pageSchema, sentSchema } from './event.js';
import { exitAddress } from './exit.js';
import { Intake } from './intake.js';
import { notebookState } from './notebook-state.js';
import { eventsText, isPlainEdits } from './plain-edits.js';

export interface NotebookAssets {
  /** The script that connects to Python while the rest loads. */
  readonly begin: string;
  readonly js: string;
  readonly css: string;
  readonly preload: readonly string[];
}

export interface Submit {
  readonly database: Database;
  readonly hints: ReadyHints;
  readonly assets: NotebookAssets;
  readonly log: Logger;
  readonly secret: string;
  /** Asks the manager to look at once; losing it costs only time. */
  nudge(): void;
  /** Instances were given out, perhaps: makes them ready, in its own time. */
  readonly prepare: () => void;
  readonly telemetry: Pick<Telemetry, 'served' | 'events'>;
}

/** A snapshot of the largest possible document, and a batch of events. */
const EVENTS_LIMIT = '12mb';
const HEARTBEAT_SECONDS = 60;
const beatSchema = z.object({ seq: z.int().min(0).optional(), page: pageSchema.optional() });

/** The notebook page and everything it sends back, and the way out to the exit survey. */
export function submitRoutes(submit: Submit): Router {
  const { database } = submit;
  const intake = new Intake(database, submit.telemetry, submit.log);
  const router = new Router();
  router.get(['/proxy/:id/', '/proxy/:id/nb/*rest'], (ctx) => page(ctx, submit));
  router.get('/proxy/:id/notebook', async (ctx) => {
    const participant = await holder(ctx, database);
    ctx.set('Cache-Control', 'no-store');
    ctx.body = await notebook(submit, participant, pathParameter(ctx, 'id'));
  });
  router.get('/proxy/:id/place', async (ctx) => {
    const participant = await recorder(ctx, database);
    ctx.set('Cache-Control', 'no-store');
    ctx.body = { instance: (await placeNow(submit, participant)) ?? null };
  });
  router.post('/proxy/:id/events', refuseForms, jsonBody(EVENTS_LIMIT), async (ctx) => {
    const participant = requireParticipant(ctx);
    const instance = pathParameter(ctx, 'id');
    const body: unknown = ctx.request.body;
    const isPlain = isPlainEdits(body);
    const sent = isPlain ? body : parsed(sentSchema, body);
    if (!instanceIdPattern.test(instance)) refuseForeignNotebook();
    const result = await intake.store(
      { participant, instance },
      sent,
      isPlain ? eventsText(ctx.request.rawBody) : undefined,
    );
    if (result.kind === 'not-yours') refuseForeignNotebook();
    if (result.kind === 'ended') throw ended();
    if (result.kind !== 'stored') ctx.status = 409;
    ctx.body =
      result.kind === 'stored'
        ? { acknowledged: result.acknowledged }
        : { error: result.kind, acknowledged: result.acknowledged };
  });
  router.post('/proxy/:id/heartbeat', refuseForms, jsonBody('1kb'), async (ctx) => {
    const participant = await holder(ctx, database);
    const endsInSeconds = await heartbeat(database, participant, parsed(beatSchema, ctx.request.body));
    ctx.body = { endsInSeconds };
  });
  router.post('/proxy/:id/finish', refuseForms, jsonBody('1kb'), async (ctx) => {
    const participant = await recorder(ctx, database);
    const { seq } = parsed(z.object({ seq: z.int().min(0) }), ctx.request.body);
    const result = await finish(database, participant, seq);
    submit.nudge();
    if (!result.finished) ctx.status = 409;
    ctx.body = result.finished ? { next: '/survey' } : { error: 'gap', acknowledged: result.acknowledged };
  });
  router.get('/survey', (ctx) => survey(ctx, database));
  return router;
}

async function page(ctx: Context, { database, assets }: Submit): Promise<void> {
  const id = pathParameter(ctx, 'id');
  const participantId = sessionParticipant(ctx) ?? (await byOriginalLink(ctx, database)) ?? refuseWithoutSession();
  if (!(await holdsLease(database, participantId, id))) return sendToOwnPlace(ctx, database, participantId);
  if (ctx.path !== `/proxy/${id}/` || ctx.query['token'] !== undefined) {
    // The page asks for everything relative to its own folder, and a token stands in no address bar.
    ctx.redirect(`/proxy/${id}/`);
    return;
  }
  const participant = (await findParticipant(database, participantId))!;
  const study = await studyOf(database, participant);
  ctx.set('Cache-Control', 'no-store');
  ctx.body = ctx.state.render('notebook.html', {
    instanceId: id,
    assets,
    nonce: ctx.state.nonce,
    language: study.language,
    title: study.title,
  });
}

/** The original's links to a notebook carried the pair: it gives a session. */
async function byOriginalLink(ctx: Context, database: Database): Promise<string | undefined> {
  const participant = await resumableByPair(database, ctx.query['userId'], ctx.query['token']);
  if (participant) startSession(ctx, participant.id);
  return participant?.id;
}

/** An old address of one's own notebook leads to where it is now; another's leads nowhere. */
async function sendToOwnPlace(ctx: Context, database: Database, participantId: string): Promise<void> {
  if (!(await everHad(database, participantId, pathParameter(ctx, 'id')))) refuseForeignNotebook();
  const now = await liveInstance(database, participantId);
  ctx.redirect(now === undefined ? '/howTo' : `/proxy/${now}/`);
}

async function notebook({ database, log, secret }: Submit, participantId: string, instance: string): Promise<object> {
  const participant = (await findParticipant(database, participantId))!;
  const study = await studyOf(database, participant);
  const { document, state, notRebuilt } = await notebookState(database, participantId);
  if (notRebuilt.length > 0) {
    log.error(
      { participant: participantAlias(secret, participantId), cells: notRebuilt },
      'edits do not fit: cells stand as in the last snapshot',
    );
  }
  return {
    participant: participantId,
    study: { id: study.id, title: study.title, language: study.language },
    notebook: study.page.notebook,
    record: study.page.record,
    skipSurvey: study.page.skipSurvey ?? [],
    document,
    state,
    heartbeatSeconds: HEARTBEAT_SECONDS,
    submitKey: submitKey(secret, instance),
  };
}

/** Where the participant's kernel is now; whoever waits is served from the line, as on the way in. */
async function placeNow(
  { database, hints, prepare, telemetry }: Submit,
  participantId: string,
): Promise<string | undefined> {
  const participant = (await findParticipant(database, participantId))!;
  if (participant.state === 'waiting') {
    const study = await studyOf(database, participant);
    await markSeen(database, [participantId]);
    for (const seconds of await serveLine(database, hints, study.profile)) telemetry.served(seconds);
    prepare();
  } else if (participant.state !== 'working') {
    throw ended();
  }
  return liveInstance(database, participantId);
}

const ended = () => refusal('ended');

/** Who has a live lease on the instance in the path. */
async function holder(ctx: Context, database: Database): Promise<string> {
  const participant = requireParticipant(ctx);
  if (!(await holdsLease(database, participant, pathParameter(ctx, 'id')))) refuseForeignNotebook();
  return participant;
}

/** Who has or had the instance in the path: work that was typed while it died must still be taken. */
async function recorder(ctx: Context, database: Database): Promise<string> {
  const participant = requireParticipant(ctx);
  if (!(await everHad(database, participant, pathParameter(ctx, 'id')))) refuseForeignNotebook();
  return participant;
}

/** A form on another site can post, but not with this header. */
async function refuseForms(ctx: Context, next: Next): Promise<void> {
  if (ctx.get('x-observatory') !== '1') throw new Refusal(403, 'no-header', 'Expected the header X-Observatory: 1.');
  await next();
}

async function survey(ctx: Context, database: Database): Promise<void> {
  const participant = (await findParticipant(database, requireParticipant(ctx))) ?? refuseWithoutSession();
  if (participant.state !== 'finished') {
    // Looking at an address finishes nothing; who is not done goes on.
    ctx.redirect('/');
    return;
  }
  ctx.redirect(await exitAddress(database, participant));
}
