/** The original's addresses, for survey pages and scripts that know them. docs/old-addresses.md tells what each answers. */
import path from 'node:path';
import { send } from '@koa/send';
import type { Context, Next } from 'koa';
import Router from 'koa-router';
import { finish, heartbeat } from '../../participants/lease.js';
import { findParticipant } from '../../participants/participant.js';
import type { Database } from '../../platform/postgres/database.js';
import { packageRoot } from '../../platform/root.js';
import { jsonBody } from '../../platform/web/body.js';
import { pathParameter } from '../../platform/web/path-parameter.js';
import { Refusal } from '../../platform/web/refusal.js';
import { sessionParticipant } from '../../platform/web/session.js';
import { exitAddress } from '../exit.js';
import { codeByTask } from './getcode.js';
import { answerJsonp, callbackName } from './jsonp.js';
import { participantOfId, participantOfPair } from '../../participants/pair.js';
import { BODY_LIMIT } from './payload.js';
import { statusLetters } from './status.js';
import { currentNotebook } from './store.js';
import { receivePlain, receiveWrapped } from './submissions.js';

export interface OldAddresses {
  readonly database: Database;
  readonly secret: string;
  /** Asks the manager to look at once; losing it costs only time. */
  readonly nudge: () => void;
}

/** What the original answered to a wrong pair, whether the user id or the token was wrong. */
const NOT_FOUND = 'NotFound';
const STYLESHEET = 'pythonHighlighting.css';

export function oldAddressRoutes(parts: OldAddresses): Router {
  const { database } = parts;
  const router = new Router();
  router.post('/submit', asJson, jsonBody(BODY_LIMIT), (ctx) => receiveWrapped(ctx, parts));
  router.post('/proxy/:id/submit', asJson, jsonBody(BODY_LIMIT), (ctx) => receivePlain(ctx, parts));
  router.get(['/getcode', '/getcode/:userid/:token'], asJson, (ctx) => getcode(ctx, database));
  router.get(['/get_ipynb/:userid/:token', '/getipynb/:userid/:token'], asJson, (ctx) => getNotebook(ctx, database));
  router.get('/survey/:userid/:token', (ctx) => survey(ctx, parts));
  router.get(['/heartbeat', '/heartbeat.php'], asJson, (ctx) => beat(ctx, database));
  router.get(`/assets/${STYLESHEET}`, stylesheet);
  return router;
}

async function asJson(ctx: Context, next: Next): Promise<void> {
  ctx.state.json = true;
  await next();
}

/** For the classes in the answers of getcode; survey pages on other sites link to it. */
async function stylesheet(ctx: Context): Promise<void> {
  ctx.set('Cross-Origin-Resource-Policy', 'cross-origin');
  await send(ctx, STYLESHEET, { root: path.join(packageRoot, 'templates', 'assets'), maxage: 300_000 });
}

/** The code of each task, highlighted, for the exit survey to show. */
async function getcode(ctx: Context, database: Database): Promise<void> {
  callbackName(ctx);
  // The pair is all that opens it, and no cookie is looked at: a page that knows the pair could as well ask by JSONP.
  ctx.set('Access-Control-Allow-Origin', '*');
  const inPath = pathParameter(ctx, 'userid');
  const participant =
    inPath === ''
      ? await participantOfPair(database, ctx.query['uid'], ctx.query['token'])
      : await participantOfPair(database, inPath, pathParameter(ctx, 'token'));
  const notebook = participant && (await currentNotebook(database, participant, ['f']));
  answerJsonp(ctx, notebook === undefined ? NOT_FOUND : codeByTask(notebook));
}

async function getNotebook(ctx: Context, database: Database): Promise<void> {
  const participant = await participantOfPair(database, pathParameter(ctx, 'userid'), pathParameter(ctx, 'token'));
  const notebook = participant && (await currentNotebook(database, participant, statusLetters));
  if (notebook === undefined) throw new Refusal(404, NOT_FOUND, 'There is no notebook of this participant.');
  ctx.set('Cache-Control', 'no-store');
  ctx.body = notebook;
}

/** A GET that finishes the participant's study, as the original's pages expect; so the token has to be right. */
async function survey(ctx: Context, { database, nudge }: OldAddresses): Promise<void> {
  const userId = pathParameter(ctx, 'userid');
  const participant = await participantOfPair(database, userId, pathParameter(ctx, 'token'));
  if (participant === undefined) throw new Refusal(404, NOT_FOUND, 'There is no participant of this address.');
  // Who looks whether the page is there (HEAD) does not mean to finish.
  if (ctx.method === 'GET' && participant.state === 'working') {
    await finish(database, participant.id, 0);
    nudge();
  }
  const now = (await findParticipant(database, participant.id))!;
  ctx.set('Cache-Control', 'no-store');
  ctx.redirect(now.state === 'finished' ? await exitAddress(database, now) : '/');
}

/** Matches the user id alone, never the name of the instance: the original compared a name that nobody had. */
async function beat(ctx: Context, database: Database): Promise<void> {
  callbackName(ctx);
  const { userId, token } = ctx.query;
  const session = await participantOfId(database, sessionParticipant(ctx));
  // The original's Docker version had the `pid` as its user id.
  const isOwn = session !== undefined && [session.id, session.recruitment['pid']].includes(String(userId));
  const participant = isOwn ? session : await participantOfPair(database, userId, token);
  if (participant !== undefined) await heartbeat(database, participant.id);
  // A script that is answered with 404 is not run: who gave a callback is told through it.
  if (participant === undefined && ctx.query['callback'] === undefined) ctx.status = 404;
  answerJsonp(ctx, participant === undefined ? NOT_FOUND : { ok: true });
}
