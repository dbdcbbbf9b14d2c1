import type { Context } from 'koa';
import Router from 'koa-router';
import { pathParameter } from '../../platform/web/path-parameter.js';
import { jsonBody } from '../../platform/web/body.js';
import { Refusal } from '../../platform/web/refusal.js';
import { mayAct } from '../access/role.js';
import { protect, needsRole } from '../access/router.js';
import { checkKnownStudy, checkStudy } from '../access/study-right.js';
import { type Bearers, bearer } from './bearer.js';
import { openApi } from './document.js';
import { type ApiParts, BASE, type Download, type Endpoint, type PathName, pathNames } from './endpoint.js';
import { checked } from './problem.js';

export interface Api extends ApiParts, Bearers {}

/** A body is a few words. */
const readBody = jsonBody('64kb');

/** The router of the API: made of the table, so that no route is without its checks. */
export function apiRouter(api: Api, endpoints: readonly Endpoint[]): Router {
  const router = new Router();
  const document = JSON.stringify(openApi(endpoints));
  router.get(`${BASE}/openapi.json`, (ctx) => {
    protect(ctx);
    ctx.type = 'application/json';
    ctx.body = document;
  });
  for (const route of endpoints) {
    const answer = (ctx: Context): Promise<void> => answered(ctx, api, route);
    if (route.method === 'GET') router.get(route.path, answer);
    else router.post(route.path, answer);
  }
  return router;
}

async function answered(ctx: Context, api: Api, route: Endpoint): Promise<void> {
  protect(ctx);
  const caller = await bearer(ctx, api);
  const { visitor, token } = caller;
  if (!mayAct(visitor.role, route.needs)) throw needsRole(route.needs);
  if (route.method === 'POST' && token.readOnly) {
    throw new Refusal(403, 'read-only-token', 'This token may look, and change nothing.');
  }
  const path = Object.fromEntries(pathNames.map((name) => [name, pathParameter(ctx, name)])) as Record<
    PathName,
    string
  >;
  if (route.study) {
    checkStudy(visitor, path.study);
    await checkKnownStudy(api.database, path.study);
  }
  const query = checked('query', route.query, ctx.query);
  if (typeof route.answer === 'string' && ctx.method === 'HEAD') {
    // Nothing would be made, and nobody would take it.
    ctx.type = route.answer;
    ctx.status = 200;
    return;
  }
  const body = route.body === null ? undefined : await bodyOf(ctx, route.body);
  const told = await route.handle({ ...caller, path, query, body, parts: api });
  if (typeof route.answer === 'string') send(ctx, route.answer, told as Download);
  else ctx.body = told;
}

async function bodyOf(ctx: Context, schema: NonNullable<Endpoint['body']>): Promise<unknown> {
  await readBody(ctx, () => Promise.resolve());
  return checked('body', schema, ctx.request.body);
}

function send(ctx: Context, type: string, { fileName, content }: Download): void {
  ctx.attachment(fileName);
  ctx.type = type;
  ctx.body = content;
}
