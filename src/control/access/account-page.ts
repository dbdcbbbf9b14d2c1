/** A user's own page: what they may, the way to another password, and their tokens for the HTTP API. */
import type { Context } from 'koa';
import type { Database } from '../../platform/postgres/database.js';
import { pathParameter } from '../../platform/web/path-parameter.js';
import { Refusal } from '../../platform/web/refusal.js';
import { showPage } from './page.js';
import { action, type ControlRoute, page, type Visit } from './route.js';
import { addToken, DAYS, listTokens, MOST_DAYS, revokeToken, type Token } from './tokens.js';
import { UsersError } from './users.js';

const BASE = '/control/account';

export function accountRoutes({ database }: { readonly database: Database }): ControlRoute[] {
  return [
    page(BASE, 'viewer', (ctx, visit) => show(ctx, database, visit)),
    action(`${BASE}/tokens`, 'viewer', (ctx, visit) => add(ctx, database, visit)),
    page(`${BASE}/tokens/:token/revoke`, 'viewer', (ctx, visit) => ask(ctx, database, visit)),
    action(`${BASE}/tokens/:token/revoke`, 'viewer', (ctx, visit) => revoke(ctx, database, visit)),
  ];
}

interface Shown {
  /** Only once, on the answer to the form that made it. */
  readonly made?: { readonly name: string; readonly text: string };
  readonly problem?: string;
}

async function show(ctx: Context, database: Database, visit: Visit, { made, problem = '' }: Shown = {}): Promise<void> {
  const account = await ownAccount(database, visit);
  const tokens = await listTokens(database, visit.visitor.name);
  showPage(ctx, visit, 'control/account.html', { account, tokens, made, problem, DAYS, MOST_DAYS });
}

async function add(ctx: Context, database: Database, visit: Visit): Promise<void> {
  await ownAccount(database, visit);
  const { form, visitor } = visit;
  const name = (form.get('name') ?? '').trim();
  const token = { user: visitor.name, name, days: Number(form.get('days')), readOnly: form.get('readOnly') === 'on' };
  try {
    const text = await addToken(database, token, visitor.name);
    await show(ctx, database, visit, { made: { name, text } });
  } catch (error) {
    if (!(error instanceof UsersError)) throw error;
    ctx.status = 400;
    await show(ctx, database, visit, { problem: error.message });
  }
}

async function ask(ctx: Context, database: Database, visit: Visit): Promise<void> {
  showPage(ctx, visit, 'control/token-revoke.html', { asked: await found(ctx, database, visit) });
}

async function revoke(ctx: Context, database: Database, visit: Visit): Promise<void> {
  const { name } = await found(ctx, database, visit);
  await revokeToken(database, visit.visitor.name, name, visit.visitor.name);
  ctx.status = 303;
  ctx.redirect(BASE);
}

/** One of the visitor's own. */
async function found(ctx: Context, database: Database, { visitor }: Visit): Promise<Token> {
  const wanted = pathParameter(ctx, 'token');
  const token = (await listTokens(database, visitor.name)).find(({ name }) => name === wanted);
  if (token === undefined) throw new Refusal(404, 'unknown-token', 'You have no token of this name.');
  return token;
}

async function ownAccount(database: Database, { visitor }: Visit): Promise<{ readonly hasPassword: boolean }> {
  const { rows } = await database.query<{ hasPassword: boolean }>(
    'select password is not null as "hasPassword" from accounts.users where name = $1',
    [visitor.name],
  );
  if (rows[0] !== undefined) return rows[0];
  throw new Refusal(
    404,
    'no-account',
    'You came in by the operator’s link, so you have no account here, and no tokens.',
  );
}
