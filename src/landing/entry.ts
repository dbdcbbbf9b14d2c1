import type { Context } from 'koa';
import { z } from 'zod';
import { liveInstance } from '../participants/lease.js';
import { findParticipant, type Participant } from '../participants/participant.js';
import { findStudy, impliedStudy, type StoredStudy } from '../participants/study-store.js';
import type { Database } from '../platform/postgres/database.js';
import { Refusal } from '../platform/web/refusal.js';
import { sessionParticipant } from '../platform/web/session.js';
import { idSchema } from '../studies/document.js';

/** The original's format of invitations; both come together. */
const tokenSchema = z.string().regex(/^[0-9a-z]{12}$/);

/** Phones: the notebook needs a keyboard. */
const mobile = /\b(?:iPhone|iPod|Android.+Mobile|Windows Phone|BlackBerry|Opera M(?:ini|obi))\b/i;

/** A link with half an invitation, or a changed one, is refused before anything is stored. */
export function refuseMalformedTokens(ctx: Context): void {
  for (const name of ['token', 'token2']) {
    const value = ctx.query[name];
    if (value !== undefined && !tokenSchema.safeParse(value).success) {
      throw new Refusal(
        400,
        'malformed-token',
        'This study link is not complete. Please open it again exactly as you received it.',
      );
    }
  }
}

export function refuseMobile(ctx: Context): void {
  if (mobile.test(ctx.get('user-agent'))) {
    throw new Refusal(
      403,
      'mobile',
      'This study needs a keyboard. Please open the link on a desktop or laptop computer.',
    );
  }
}

/** The study that the link names, or the only one that it can mean. */
export async function requestedStudy(ctx: Context, database: Database): Promise<StoredStudy> {
  const id = ctx.query['study'];
  // What is no id is no study, and Postgres would choke on some of it.
  const named = idSchema.safeParse(id);
  const study =
    id === undefined ? await impliedStudy(database) : named.success ? await findStudy(database, named.data) : undefined;
  if (study === undefined || study.state === 'draft') {
    throw new Refusal(404, 'unknown-study', 'There is no such study here. Please check the link that you received.');
  }
  return study;
}

export const pausedStudy = (): Refusal =>
  new Refusal(503, 'paused', 'This study is taking a break. Please come back later.');

export function refuseUnlessOpen(study: StoredStudy): void {
  if (study.state === 'paused') throw pausedStudy();
  if (study.state !== 'open') throw new Refusal(410, 'closed', 'This study is over. Thank you for your interest.');
}

/** The participant of this browser's session, if it has one. */
export async function currentParticipant(ctx: Context, database: Database): Promise<Participant | undefined> {
  const id = sessionParticipant(ctx);
  return id === undefined ? undefined : findParticipant(database, id);
}

/** Where someone who is already in goes on; undefined for who is not in yet. */
export async function resumeAt(database: Database, participant: Participant): Promise<string | undefined> {
  switch (participant.state) {
    case 'working': {
      const instance = await liveInstance(database, participant.id);
      return instance === undefined ? '/howTo' : `/proxy/${instance}/`;
    }
    case 'consented':
    case 'waiting':
      return '/howTo';
    case 'finished':
      return '/survey';
    case 'arrived':
    case 'abandoned':
    case 'withdrawn':
    case 'screened':
      return undefined;
  }
}
