import { isMobile } from 'is-mobile';
import type { Context } from 'koa';
import { isFull } from '../participants/caps.js';
import { liveInstance } from '../participants/lease.js';
import { findParticipant, type Participant } from '../participants/participant.js';
import { returnAddress } from '../participants/return-address.js';
import { findStudy, impliedStudy, type StoredStudy } from '../participants/study-store.js';
import type { Database } from '../platform/postgres/database.js';
import { Refusal } from '../platform/web/refusal.js';
import { sessionParticipant } from '../platform/web/session.js';
import { idSchema } from '../studies/document.js';
import { entryTime } from '../studies/entry.js';
import type { Parameters } from './offer.js';

export function refuseMobile(ctx: Context, study: StoredStudy): void {
  // Tablets may have a keyboard: as in the original, only phones are refused.
  if (study.page.entry.mobiles || !isMobile({ ua: ctx.get('user-agent') })) return;
  throw new Refusal(
    403,
    'mobile',
    'This study needs a keyboard. Please open the link on a desktop or laptop computer.',
  );
}

/** The study that the link names, or the one that it can only mean. */
export async function requestedStudy(
  database: Database,
  { study: id }: Parameters,
  session: Participant | undefined,
): Promise<StoredStudy> {
  const study = id === undefined ? await unnamedStudy(database, session) : await namedStudy(database, id);
  if (study === undefined || study.state === 'draft') {
    throw new Refusal(404, 'unknown-study', 'There is no such study here. Please check the link that you received.');
  }
  return study;
}

async function namedStudy(database: Database, id: unknown): Promise<StoredStudy | undefined> {
  // What is no id is no study, and Postgres would choke on some of it.
  const named = idSchema.safeParse(id);
  return named.success ? findStudy(database, named.data) : undefined;
}

/** Who takes part goes on there; who did looks for the next study, if there is one. */
async function unnamedStudy(database: Database, session: Participant | undefined): Promise<StoredStudy | undefined> {
  const own = session && (() => findStudy(database, session.studyId));
  const isIn = session !== undefined && ['arrived', 'consented', 'waiting', 'working'].includes(session.state);
  return isIn ? own?.() : ((await impliedStudy(database)) ?? own?.());
}

export const pausedStudy = (): Refusal =>
  new Refusal(503, 'paused', 'This study is taking a break. Please come back later.');

export const closedStudy = (): Refusal =>
  new Refusal(410, 'closed', 'This study is over. Thank you for your interest.');

export const fullStudy = (): Refusal =>
  new Refusal(410, 'full', 'This study has all the participants that it needs. Thank you for your interest.');

export function refuseUnlessOpen(study: StoredStudy): void {
  if (study.state === 'paused') throw pausedStudy();
  if (study.state !== 'open') throw closedStudy();
  const time = entryTime(study.page.entry, new Date());
  if (time === 'late') throw closedStudy();
  if (time === 'early') {
    throw new Refusal(403, 'not-yet', 'This study has not begun yet. Please come back later.', {
      opens: study.page.entry.opens,
    });
  }
}

export async function refuseFull(database: Database, study: StoredStudy): Promise<void> {
  if (await isFull(database, study)) throw fullStudy();
}

/** The participant of this browser's session, if it has one. */
export async function currentParticipant(ctx: Context, database: Database): Promise<Participant | undefined> {
  const id = sessionParticipant(ctx);
  return id === undefined ? undefined : findParticipant(database, id);
}

/** Where someone who is already in goes on; undefined for who is not in yet. */
export async function resumeAt(
  database: Database,
  study: StoredStudy,
  participant: Participant,
): Promise<string | undefined> {
  switch (participant.state) {
    case 'arrived':
      return undefined;
    case 'working': {
      const instance = await liveInstance(database, participant.id);
      return instance === undefined ? '/howTo' : `/proxy/${instance}/`;
    }
    case 'consented':
    case 'waiting':
      return '/howTo';
    case 'finished':
      return '/survey';
    case 'withdrawn':
      throw new Refusal(410, 'withdrawn', 'You have withdrawn from this study.');
    case 'screened': {
      const address = returnAddress(study, participant, 'screenedOut');
      if (address !== undefined) return address;
      throw new Refusal(403, 'screened', 'This study looks for other participants. Thank you for your interest.');
    }
    case 'abandoned':
      throw new Refusal(410, 'abandoned', 'Your part in this study ended because you were away for too long.');
  }
}
