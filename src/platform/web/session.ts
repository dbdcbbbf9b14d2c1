import type Keygrip from 'keygrip';
import type { Context } from 'koa';
import { participantIdPattern } from '../identity.js';
import { refusal } from './refusal-pages.js';

const cookie = 'observatory';

/** The participant of the signed session cookie, undefined without one or with a wrong signature. */
export function sessionParticipant(ctx: Context): string | undefined {
  const id = ctx.cookies.get(cookie, { signed: true });
  if (id === undefined || !participantIdPattern.test(id)) return undefined;
  if (isSignedAnew(ctx)) startSession(ctx, id);
  return id;
}

/** The same of a Cookie header, for who answers without Koa. */
export function signedParticipant(header: string, keys: Keygrip): string | undefined {
  const id = cookieIn(header, cookie);
  const signature = cookieIn(header, `${cookie}.sig`);
  if (id === undefined || signature === undefined || !participantIdPattern.test(id)) return undefined;
  return keys.verify(`${cookie}=${id}`, signature) ? id : undefined;
}

/** The first of this name, as Koa takes it. */
function cookieIn(header: string, name: string): string | undefined {
  for (const pair of header.split(';')) {
    const [key = '', value] = pair.trim().split('=', 2);
    if (key === name) return value?.replace(/^"(.*)"$/, '$1');
  }
  return undefined;
}

/** An older secret had signed it. The library then renews the signature, but only until the browser is closed. */
function isSignedAnew(ctx: Context): boolean {
  const set = ctx.res.getHeader('set-cookie');
  return Array.isArray(set) && set.some((line) => line.startsWith(`${cookie}.sig=`));
}

/** The same for pages that nobody has without a session. */
export function requireParticipant(ctx: Context): string {
  return sessionParticipant(ctx) ?? refuseWithoutSession();
}

export function refuseWithoutSession(): never {
  throw refusal('no-session');
}

export function refuseForeignNotebook(): never {
  throw refusal('not-yours');
}

/** The cookie lives for 30 days, so that a participant finds the notebook again after a restart of the browser. */
export function startSession(ctx: Context, participantId: string): void {
  ctx.cookies.set(cookie, participantId, {
    signed: true,
    httpOnly: true,
    sameSite: 'lax',
    path: '/',
    overwrite: true,
    maxAge: 30 * 24 * 3_600_000,
  });
}
