import type { Context } from 'koa';
import Router from 'koa-router';
import type { Database } from '../../platform/postgres/database.js';
import { pathParameter } from '../../platform/web/path-parameter.js';
import { Refusal } from '../../platform/web/refusal.js';
import type { IdentityProvider } from './identity-provider.js';
import { ownForm } from './forgery.js';
import { mayAct } from './role.js';
import type { ControlRoute, GuardedRoute, OpenRoute, Visit } from './route.js';
import { currentSession, formToken } from './sessions.js';
import { checkStudy } from './study-right.js';
import { askToSignIn, signInToken } from './sign-in-page.js';
import { enterByLink } from './operator-link.js';
import { showRefusal } from './page.js';

export interface Access {
  readonly database: Database;
  readonly secret: string;
  readonly provider: IdentityProvider | undefined;
}

/** The router of the control area: made of the table, so that no route is without its check. */
export function controlRouter(access: Access, table: readonly ControlRoute[]): Router {
  const router = new Router();
  for (const route of table) {
    const answer = (ctx: Context): Promise<void> => answered(ctx, access, route);
    if (route.method === 'GET') router.get(route.path, answer);
    else router.post(route.path, answer);
  }
  return router;
}

async function answered(ctx: Context, access: Access, route: ControlRoute): Promise<void> {
  protect(ctx);
  ctx.state.signsInElsewhere = access.provider !== undefined;
  if (await enterByLink(ctx, access)) return;
  if (route.needs === 'nobody') await open(ctx, route);
  else await guarded(ctx, access, route);
}

/** Nothing of these pages is kept, framed or told to others; where a form comes from is told to ourselves. */
export function protect(ctx: Context): void {
  ctx.set('Cache-Control', 'no-store');
  ctx.set('Referrer-Policy', 'same-origin');
}

async function open(ctx: Context, route: OpenRoute): Promise<void> {
  const form = route.method === 'POST' ? await ownForm(ctx, signInToken(ctx)) : new URLSearchParams();
  await route.handler(ctx, { form });
}

const PASSWORD_PAGE = '/control/password';
/** For whoever signed in with a password that somebody else knows. */
const beforeOwnPassword: ReadonlySet<string> = new Set([PASSWORD_PAGE, '/control/sign-out']);

async function guarded(ctx: Context, { database }: Access, route: GuardedRoute): Promise<void> {
  const session = await currentSession(ctx, database);
  if (session === undefined) {
    askToSignIn(ctx);
    return;
  }
  const { visitor, needsOwnPassword } = session;
  if (needsOwnPassword && !beforeOwnPassword.has(route.path)) {
    ctx.status = 303;
    ctx.redirect(PASSWORD_PAGE);
    return;
  }
  const token = formToken(session.id);
  const show = (refused: Refusal): void => {
    showRefusal(ctx, { visitor, token }, refused);
  };
  const study = route.study ? pathParameter(ctx, 'study') : '';
  try {
    // The token first: a stranger's form learns nothing of what the visitor may.
    const form = route.method === 'POST' ? await ownForm(ctx, token) : new URLSearchParams();
    if (!mayAct(visitor.role, route.needs)) throw needsRole(route.needs);
    if (route.study) checkStudy(visitor, study);
    const visit: Visit = { visitor, session: session.id, token, form, study };
    await route.handler(ctx, visit);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    show(error);
  }
}

export const needsRole = (role: string): Refusal =>
  new Refusal(
    403,
    'role-needed',
    `Only a user with the role ${role} may do this. Whoever runs this platform can give it to you.`,
  );
