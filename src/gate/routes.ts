import type { Context } from 'koa';
import Router from 'koa-router';
import { holdsLease } from '../participants/lease.js';
import { instanceToken, probeKey, sameSecret } from '../platform/identity.js';
import type { Queryable } from '../platform/postgres/database.js';
import { type Proxies, socketAddress } from '../platform/web/client-address.js';
import { Refusal } from '../platform/web/refusal.js';
import { refuseForeignNotebook, requireParticipant } from '../platform/web/session.js';
import { instanceOfOwnPath, instanceOfPath } from './path.js';

interface Gate {
  readonly database: Queryable;
  readonly secret: string;
  /** Traefik's addresses: nobody else may ask, since the answer carries an instance's token. */
  readonly proxies: Proxies;
}

/**
 * Traefik's forwardAuth asks here about every request to an instance; the answer carries the instance's own token. To be
 * served on a listener of its own, which no route of Traefik leads to: a client that could ask would read the token.
 */
export function gateRoutes(gate: Gate): Router {
  const router = new Router();
  router.get('/gate', async (ctx) => {
    refuseStrangers(ctx, gate.proxies);
    const instance = ownInstance(ctx, gate.secret) ?? (await participantsInstance(ctx, gate.database));
    ctx.set('Authorization', `token ${instanceToken(gate.secret, instance)}`);
    ctx.set('Cache-Control', 'no-store');
    ctx.status = 200;
    ctx.body = '';
  });
  return router;
}

/** Traefik sends to the web app what has no instance behind it: the same answers, and never a hint whether the id exists. */
export function unreachableRoutes(database: Queryable): Router {
  const router = new Router();
  router.all('/proxy/:id/api/*rest', async (ctx) => {
    const participant = requireParticipant(ctx);
    const instance = instanceOfPath(ctx.path);
    if (instance === undefined || !(await holdsLease(database, participant, instance))) refuseForeignNotebook();
    throw new Refusal(503, 'unreachable', 'Your notebook cannot be reached for the moment.');
  });
  return router;
}

function refuseStrangers(ctx: Context, proxies: Proxies): void {
  if (!proxies.includes(socketAddress(ctx.req))) throw new Refusal(403, 'not-allowed', 'Only the proxy asks here.');
}

/** The instance that the platform itself goes to, undefined when the request is none of its own. */
function ownInstance(ctx: Context, secret: string): string | undefined {
  const key = ctx.get('x-observatory-probe');
  const instance = instanceOfOwnPath(ctx.get('x-forwarded-uri'));
  return key !== '' && instance !== undefined && sameSecret(key, probeKey(secret, instance)) ? instance : undefined;
}

/** The instance that the participant of this session goes to, whose lease it must be. */
async function participantsInstance(ctx: Context, database: Queryable): Promise<string> {
  const instance = instanceOfPath(ctx.get('x-forwarded-uri'));
  if (instance === undefined) throw new Refusal(403, 'not-allowed', 'Nothing here is open to participants.');
  refuseForeignOrigin(ctx);
  if (!(await holdsLease(database, requireParticipant(ctx), instance))) refuseForeignNotebook();
  return instance;
}

/** A WebSocket may be opened from any page on the web; its Origin tells which one it was. */
function refuseForeignOrigin(ctx: Context): void {
  const origin = ctx.get('origin');
  if (origin !== '' && (!URL.canParse(origin) || new URL(origin).host !== ctx.get('x-forwarded-host'))) {
    throw new Refusal(403, 'foreign-origin', 'This request came from another site.');
  }
}
