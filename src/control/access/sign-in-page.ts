import type { Context } from 'koa';
import { Refusal } from '../../platform/web/refusal.js';
import { returnPath } from './return-path.js';
import { formToken, newSessionId } from './sessions.js';

declare module 'koa' {
  interface DefaultState {
    /** Whether the sign-in page leads to another service as well. */
    signsInElsewhere?: boolean;
  }
}

/** Only the sign-in form's own: it is worth nothing elsewhere, and a session's cookie is not touched by whoever shows the form. */
const cookie = 'observatory-control-form';
const path = '/control';

/** What the sign-in form must carry: that of this browser. */
export function signInToken(ctx: Context): string | undefined {
  const id = ctx.cookies.get(cookie, { signed: false });
  return id === undefined || !/^[0-9a-f]{64}$/.test(id) ? undefined : formToken(id);
}

export interface SignInForm {
  readonly to?: string | null;
  readonly name?: string;
  /** Why it is shown again. */
  readonly problem?: string;
}

export function showSignIn(ctx: Context, { to, name = '', problem }: SignInForm): void {
  let token = signInToken(ctx);
  if (token === undefined) {
    const id = newSessionId();
    token = formToken(id);
    ctx.cookies.set(cookie, id, { signed: false, httpOnly: true, sameSite: 'strict', path, overwrite: true });
  }
  ctx.body = ctx.state.render('control/sign-in.html', {
    ...{ token, name, problem: problem ?? '', to: returnPath(to) },
    elsewhere: ctx.state.signsInElsewhere === true,
  });
}

/** The page behind it is the visitor's as soon as they are signed in. */
export function askToSignIn(ctx: Context): void {
  if (ctx.accepts('html', 'json') === 'json')
    throw new Refusal(401, 'signed-out', 'Sign in first, at /control/sign-in.');
  ctx.status = 401;
  // Browsers keep the session's cookie back when a link of another site leads here. Asked by this page itself, they send it.
  if (ctx.method === 'GET' && ctx.get('sec-fetch-site') === 'cross-site')
    ctx.set('Refresh', `0; url=${ctx.path}${ctx.search}`);
  showSignIn(
    ctx,
    ctx.method === 'GET' ? { to: ctx.path + ctx.search } : { problem: 'You were signed out. Nothing was changed.' },
  );
}
