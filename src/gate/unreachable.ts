import Router from 'koa-router';
import { holdsLease } from '../participants/lease.js';
import type { Queryable } from '../platform/postgres/database.js';
import { refusal } from '../platform/web/refusal-pages.js';
import { refuseForeignNotebook, requireParticipant } from '../platform/web/session.js';
import { instanceOfPath } from './path.js';

/** Traefik sends to the web app what has no instance behind it: the same answers, and never a hint whether the id exists. */
export function unreachableRoutes(database: Queryable): Router {
  const router = new Router();
  router.all('/proxy/:id/api/*rest', async (ctx) => {
    const participant = requireParticipant(ctx);
    const instance = instanceOfPath(ctx.path);
    if (instance === undefined || !(await holdsLease(database, participant, instance))) refuseForeignNotebook();
    throw refusal('unreachable');
  });
  return router;
}
