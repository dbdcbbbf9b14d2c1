import type { Context } from 'koa';
import { z } from 'zod';
import type { Logger } from '../../platform/log.js';
import type { Database } from '../../platform/postgres/database.js';
import { Refusal } from '../../platform/web/refusal.js';
import { audit } from './audit.js';
import type { IdentityProvider, Started } from './identity-provider.js';
import { returnPath } from './return-path.js';
import type { ControlRoute } from './route.js';
import { startSession } from './sessions.js';
import { showSignIn } from './sign-in-page.js';
import { knownElsewhere } from './users.js';

export interface Elsewhere {
  readonly database: Database;
  readonly log: Logger;
  /** Undefined where the settings name none. */
  readonly provider: IdentityProvider | undefined;
}

const cookie = 'observatory-control-oidc';
/** Sent along when the provider leads back here, and only then. */
const path = '/control/sign-in/oidc';
const MINUTES = 10;

const startedSchema = z.object({ state: z.string(), nonce: z.string(), verifier: z.string(), to: z.string() });

/** Signing in with OpenID Connect, where the settings name a provider. */
export function elsewhereRoutes(elsewhere: Elsewhere): ControlRoute[] {
  return [
    {
      method: 'GET',
      path: '/control/sign-in/oidc',
      needs: 'nobody',
      study: false,
      handler: (ctx) => begin(ctx, elsewhere),
    },
    {
      method: 'GET',
      path: '/control/sign-in/oidc/callback',
      needs: 'nobody',
      study: false,
      handler: (ctx) => comeBack(ctx, elsewhere),
    },
  ];
}

function configured({ provider }: Elsewhere): IdentityProvider {
  if (provider !== undefined) return provider;
  throw new Refusal(404, 'not-found', 'There is no sign-in with another service here.');
}

async function begin(ctx: Context, elsewhere: Elsewhere): Promise<void> {
  const { to } = ctx.query;
  try {
    const { started, address } = await configured(elsewhere).start(returnPath(typeof to === 'string' ? to : null));
    const value = Buffer.from(JSON.stringify(started)).toString('base64url');
    // Lax: the provider's page is another site, and the way back from there brings this cookie.
    ctx.cookies.set(cookie, value, {
      ...{ signed: true, httpOnly: true, sameSite: 'lax', path, overwrite: true },
      maxAge: MINUTES * 60_000,
    });
    ctx.status = 303;
    ctx.redirect(address);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    elsewhere.log.error({ err: error }, 'the OpenID Connect provider cannot be reached');
    refuse(ctx, 502, 'The service that you sign in with cannot be reached. Try again in a minute.');
  }
}

async function comeBack(ctx: Context, elsewhere: Elsewhere): Promise<void> {
  const provider = configured(elsewhere);
  const started = startedBy(ctx);
  ctx.cookies.set(cookie, null, { signed: true, path, overwrite: true });
  if (started === undefined) {
    refuse(ctx, 400, 'That sign-in was not begun in this browser, or took too long. Please begin again.');
    return;
  }
  const { database, log } = elsewhere;
  const stranger = await provider.finish(started, ctx.search).catch((error: unknown) => {
    log.warn({ err: error }, 'an OpenID Connect sign-in failed');
    return undefined;
  });
  const fail = async (status: number, why: string, problem: string): Promise<void> => {
    await audit(database, { subject: 'user', id: 'unknown', to: 'sign-in-failed', actor: 'unknown', reason: why });
    refuse(ctx, status, problem);
  };
  if (stranger === undefined)
    return fail(401, 'OpenID Connect', 'You are not signed in there, or it went wrong. Please begin again.');
  const { role, ...who } = stranger;
  if (role === undefined)
    return fail(
      403,
      'OpenID Connect: no role',
      'You are signed in there, but have no role here. Whoever runs this platform can give you one.',
    );
  const user = await knownElsewhere(database, { ...who, role });
  if ('refused' in user) return fail(403, `OpenID Connect: ${user.refused}`, problems[user.refused]);
  await startSession(ctx, database, user.name);
  const actor = user.name;
  await audit(database, { subject: 'user', id: actor, to: 'signed-in', actor, reason: 'OpenID Connect' });
  // Not a redirect: on a way that began at another site the browser would keep the new session's cookie back.
  ctx.set('Refresh', `0; url=${started.to}`);
  ctx.body = ctx.state.render('control/signed-in.html', { to: started.to });
}

const problems = {
  disabled: 'This account is disabled.',
  'name taken': 'Another account here has your name. Whoever runs this platform has to disable or rename one of them.',
  'no usable name':
    'The service that you sign in with says no name that could be used here. Whoever runs this platform can choose another claim.',
} as const;

function startedBy(ctx: Context): Started | undefined {
  const value = ctx.cookies.get(cookie, { signed: true });
  // Empty is what we leave when it was used.
  if (value === undefined || value === '') return undefined;
  // The signature is ours, so it is what we wrote.
  return startedSchema.parse(JSON.parse(Buffer.from(value, 'base64url').toString()));
}

function refuse(ctx: Context, status: number, problem: string): void {
  ctx.status = status;
  showSignIn(ctx, { problem });
}
