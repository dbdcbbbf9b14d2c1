import type { Context } from 'koa';
import type { Database } from '../../platform/postgres/database.js';
import { audit } from './audit.js';
import { MOST_PASSWORD_LENGTH, type PasswordCheck } from './passwords.js';
import { returnPath } from './return-path.js';
import { action, type ControlRoute, type Visit } from './route.js';
import { endSession, startSession } from './sessions.js';
import { showSignIn } from './sign-in-page.js';
import type { SignInThrottle } from './throttle.js';

/** What is needed where passwords are asked for. */
export interface Entering {
  readonly database: Database;
  readonly throttle: SignInThrottle;
  readonly passwords: PasswordCheck;
}

/** The same whatever was wrong: nobody learns here which names there are. */
const REFUSED =
  'The name or the password is wrong, or the account is disabled. A password that was made for you is good for seven days.';

export function signInRoutes(entering: Entering): ControlRoute[] {
  return [
    {
      method: 'GET',
      path: '/control/sign-in',
      needs: 'nobody',
      study: false,
      handler: (ctx) => {
        const { to } = ctx.query;
        showSignIn(ctx, { to: typeof to === 'string' ? to : null });
      },
    },
    {
      method: 'POST',
      path: '/control/sign-in',
      needs: 'nobody',
      study: false,
      handler: (ctx, { form }) => signIn(ctx, entering, form),
    },
    action('/control/sign-out', 'viewer', (ctx, visit) => signOut(ctx, entering.database, visit)),
  ];
}

interface StoredUser {
  readonly name: string;
  readonly password: string | null;
  readonly disabled: boolean;
  /** It was for one sign-in, and nobody came in time. */
  readonly expired: boolean;
}

async function signIn(ctx: Context, entering: Entering, form: URLSearchParams): Promise<void> {
  const { database, throttle, passwords } = entering;
  const name = (form.get('name') ?? '').trim().toLowerCase();
  const to = form.get('to');
  const { address } = ctx.state;
  const { wait, isFirstRefused } = await throttle.attempt(name, address);
  const found = await database.query<StoredUser>(
    'select name, password, disabled, coalesce(one_time_until < now(), false) as expired from accounts.users where name = $1',
    [name.replaceAll('\0', '')],
  );
  const user = found.rows[0];
  const note = (what: string): Promise<void> =>
    audit(database, {
      // What is typed here by mistake may be a password: only names that there are get into the audit.
      ...{ subject: 'user', id: user?.name ?? 'unknown', to: what, actor: user?.name ?? 'unknown' },
      reason: `source ${throttle.source(address)}`,
    });
  if (wait > 0) {
    if (isFirstRefused) await note('sign-in-throttled');
    ctx.status = 429;
    ctx.set('Retry-After', String(wait));
    const minutes = Math.ceil(wait / 60);
    const problem = `Too many attempts failed. Try again in ${minutes === 1 ? 'a minute' : `${minutes} minutes`}.`;
    showSignIn(ctx, { to, name, problem });
    return;
  }
  const password = (form.get('password') ?? '').slice(0, MOST_PASSWORD_LENGTH + 1);
  const matches = await passwords.matches(password, user?.password ?? null);
  if (user === undefined || !matches || user.disabled || user.expired) {
    await note('sign-in-failed');
    ctx.status = 401;
    showSignIn(ctx, { to, name, problem: REFUSED });
    return;
  }
  await throttle.forget(name, address);
  await startSession(ctx, database, user.name);
  await note('signed-in');
  ctx.status = 303;
  ctx.redirect(returnPath(to));
}

async function signOut(ctx: Context, database: Database, { visitor: { name } }: Visit): Promise<void> {
  await endSession(ctx, database);
  await audit(database, { subject: 'user', id: name, to: 'signed-out', actor: name });
  ctx.status = 303;
  ctx.redirect('/control/sign-in');
}
