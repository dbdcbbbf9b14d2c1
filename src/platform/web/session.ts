import type { Context } from 'koa';
import { participantIdPattern } from '../identity.js';

const cookie = 'observatory';

/** The participant of the signed session cookie, undefined without one or with a wrong signature. */
export function sessionParticipant(ctx: Context): string | undefined {
  const id = ctx.cookies.get(cookie, { signed: true });
  return id !== undefined && participantIdPattern.test(id) ? id : undefined;
}

/** The cookie lives for 30 days, so that a participant finds the notebook again after a restart of the browser. */
export function startSession(ctx: Context, participantId: string): void {
  ctx.cookies.set(cookie, participantId, {
    signed: true,
    httpOnly: true,
    sameSite: 'lax',
    path: '/',
    maxAge: 30 * 24 * 3_600_000,
  });
}
