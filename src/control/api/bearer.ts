import type { Context } from 'koa';
import type { Database } from '../../platform/postgres/database.js';
import { Refusal } from '../../platform/web/refusal.js';
import { audit } from '../access/audit.js';
import type { SignInThrottle } from '../access/throttle.js';
import { type Caller, callerOf } from '../access/tokens.js';

export interface Bearers {
  readonly database: Database;
  readonly throttle: SignInThrottle;
}

/** Who asks: the token's user. No cookie says it, so no page of another site can ask with what a browser has. */
export async function bearer(ctx: Context, { database, throttle }: Bearers): Promise<Caller> {
  const [, text] = /^Bearer +(\S+) *$/i.exec(ctx.get('authorization')) ?? [];
  if (text === undefined) {
    ctx.set('WWW-Authenticate', 'Bearer realm="observatory"');
    throw new Refusal(401, 'token-needed', 'Send a token of the control area: Authorization: Bearer …');
  }
  const caller = await callerOf(database, text);
  if (!('refused' in caller)) return caller;
  const { refused } = caller;
  const { address } = ctx.state;
  const { wait, isFirstRefused } = await throttle.wrongToken(address);
  if (wait === 0 || isFirstRefused) {
    const user = refused?.user ?? 'unknown';
    await audit(database, {
      ...{ subject: 'user', id: user, to: wait === 0 ? 'token-refused' : 'token-throttled', actor: user },
      reason: [refused && `token ${refused.name}`, `source ${throttle.source(address)}`].filter(Boolean).join(', '),
    });
  }
  if (wait > 0) {
    ctx.set('Retry-After', String(wait));
    throw new Refusal(429, 'too-many', 'Too many wrong tokens came from this address.', { retryAfter: wait });
  }
  ctx.set('WWW-Authenticate', 'Bearer realm="observatory", error="invalid_token"');
  throw new Refusal(401, 'token-refused', 'This token is wrong, revoked or expired, or its user is disabled.');
}
