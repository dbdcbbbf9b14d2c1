import type { Context, Next } from 'koa';
import { refusal } from '../../platform/web/refusal-pages.js';

/** What both hosts need: style sheets, and what a load balancer asks. */
const shared = /^\/(?:assets\/|healthz$|readyz$)/i;

/** With an address of their own the control pages answer only there, and nothing else does: a participant's page can ask them for nothing. */
export function ownHost(controlUrl: string | undefined): (ctx: Context, next: Next) => Promise<void> {
  if (controlUrl === undefined) return (_ctx, next) => next();
  const { host, protocol } = new URL(controlUrl);
  return async (ctx, next) => {
    const isControlHost = ctx.host.toLowerCase() === host;
    // The router takes large letters for small ones.
    const isControl = /^\/control(?:\/|$)/i.test(ctx.path);
    if (isControl !== isControlHost && !shared.test(ctx.path)) {
      if (isControlHost && ctx.path === '/') {
        ctx.redirect('/control');
        return;
      }
      throw refusal('not-found');
    }
    if (isControl) ctx.cookies.secure = protocol === 'https:';
    await next();
  };
}
