import type { Context } from 'koa';
import { Refusal } from '../../platform/web/refusal.js';
import { showPage } from './page.js';
import { action, type ControlRoute, page, type Visit } from './route.js';
import { startSession } from './sessions.js';
import type { Entering } from './sign-in.js';
import { changePassword, UsersError } from './users.js';

/** Users change their own password; it ends all their sessions but a new one for this browser. */
export function passwordRoutes(parts: Entering): ControlRoute[] {
  return [
    page('/control/password', 'viewer', (ctx, visit) => show(ctx, parts, visit)),
    action('/control/password', 'viewer', (ctx, visit) => change(ctx, parts, visit)),
  ];
}

async function ownPassword({ database }: Entering, { visitor }: Visit): Promise<{ stored: string; isFirst: boolean }> {
  const { rows } = await database.query<{ stored: string | null; isFirst: boolean }>(
    'select password as stored, one_time_until is not null as "isFirst" from accounts.users where name = $1',
    [visitor.name],
  );
  const { stored = null, isFirst = false } = rows[0] ?? {};
  if (stored === null)
    throw new Refusal(404, 'no-password', 'You came in without a password, so there is none to change.');
  return { stored, isFirst };
}

async function show(ctx: Context, parts: Entering, visit: Visit): Promise<void> {
  const { isFirst } = await ownPassword(parts, visit);
  showPage(ctx, visit, 'control/password.html', { isFirst, problem: '' });
}

async function change(ctx: Context, parts: Entering, visit: Visit): Promise<void> {
  const { stored, isFirst } = await ownPassword(parts, visit);
  const { name } = visit.visitor;
  const again = (status: number, problem: string): void => {
    ctx.status = status;
    showPage(ctx, visit, 'control/password.html', { isFirst, problem });
  };
  const { wait } = await parts.throttle.attempt(name, ctx.state.address);
  if (wait > 0) {
    ctx.set('Retry-After', String(wait));
    again(429, 'Too many attempts failed. Try again in some minutes.');
    return;
  }
  if (!(await parts.passwords.matches(visit.form.get('password') ?? '', stored))) {
    again(403, 'The present password is wrong.');
    return;
  }
  await parts.throttle.forget(name, ctx.state.address);
  const wanted = visit.form.get('new') ?? '';
  if (wanted !== visit.form.get('repeated')) {
    again(400, 'The two new passwords are not the same.');
    return;
  }
  if (wanted === visit.form.get('password')) {
    again(400, 'The new password is the present one.');
    return;
  }
  try {
    await changePassword(parts.database, name, wanted, name);
  } catch (error) {
    if (!(error instanceof UsersError)) throw error;
    again(400, error.message);
    return;
  }
  await startSession(ctx, parts.database, name);
  ctx.status = 303;
  ctx.redirect('/control');
}
