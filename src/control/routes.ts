import type { Context } from 'koa';
import Router from 'koa-router';
import { controlKey, sameSecret } from '../platform/identity.js';
import type { Queryable } from '../platform/postgres/database.js';
import { Refusal } from '../platform/web/refusal.js';
import { readOverview } from './overview.js';
import { duration } from './status.js';
import { actionsText } from './status-text.js';

interface Control {
  readonly database: Queryable;
  readonly secret: string;
  /** Without a pass for so long, nobody leads. */
  readonly staleAfterSeconds: number;
}

const cookie = 'observatory-control';

/** The operators' page. Its link carries a key, which becomes a cookie at once and leaves the address bar. */
export function controlRoutes({ database, secret, staleAfterSeconds }: Control): Router {
  const router = new Router();
  router.get('/control', async (ctx: Context) => {
    const { key } = ctx.query;
    if (typeof key === 'string' && sameSecret(key, controlKey(secret))) {
      ctx.cookies.set(cookie, 'operator', { signed: true, httpOnly: true, sameSite: 'strict', path: '/control' });
      ctx.status = 303;
      ctx.redirect('/control');
      return;
    }
    refuseStrangers(ctx);
    ctx.set('Cache-Control', 'no-store');
    const overview = await readOverview(database, staleAfterSeconds);
    ctx.body = ctx.state.render('control/overview.html', { ...overview, actionsText, duration });
  });
  return router;
}

function refuseStrangers(ctx: Context): void {
  if (ctx.cookies.get(cookie, { signed: true }) === 'operator') return;
  throw new Refusal(401, 'no-operator', 'This page is for operators: open the link that `observatory control` prints.');
}
