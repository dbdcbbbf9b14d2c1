import type { Context } from 'koa';
import { controlKey, sameSecret } from '../../platform/identity.js';
import type { Database } from '../../platform/postgres/database.js';
import { audit } from './audit.js';
import { operator } from './role.js';
import { startSession } from './sessions.js';

interface Link {
  readonly database: Database;
  readonly secret: string;
}

/** The link of `observatory control`: its key becomes a session at once and leaves the address bar. */
export async function enterByLink(ctx: Context, { database, secret }: Link): Promise<boolean> {
  const { key } = ctx.query;
  if (ctx.path !== '/control' || typeof key !== 'string' || !sameSecret(key, controlKey(secret))) return false;
  await startSession(ctx, database, null);
  await audit(database, {
    ...{ subject: 'user', id: operator.name, to: 'signed-in', actor: operator.name },
    reason: 'by the link of `observatory control`',
  });
  ctx.status = 303;
  ctx.redirect('/control');
  return true;
}
