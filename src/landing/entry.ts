import { isMobile } from 'is-mobile';
import type { Context } from 'koa';
import { isFull } from '../participants/caps.js';
import type { JoinResult } from '../participants/join.js';
import { liveInstance } from '../participants/lease.js';
import { rejoin, type RejoinResult } from '../participants/leave.js';
import { findParticipant, type Participant } from '../participants/participant.js';
import { returnAddress } from '../participants/return-address.js';
import { findStudy, impliedStudy, type StoredStudy, studyOf } from '../participants/study-store.js';
import type { Database } from '../platform/postgres/database.js';
import { type Audience, refusal } from '../platform/web/refusal-pages.js';
import { sessionParticipant } from '../platform/web/session.js';
import { idSchema } from '../studies/document.js';
import { entryTime } from '../studies/entry.js';
import type { Parameters } from './offer.js';

export function refuseMobile(ctx: Context, study: StoredStudy): void {
  // Tablets may have a keyboard: as in the original, only phones are refused.
  if (study.page.entry.mobiles || !isMobile({ ua: ctx.get('user-agent') })) return;
  throw refusal('mobile');
}

/** The study that the link names, or the one that it can only mean. */
export async function requestedStudy(
  database: Database,
  { study: id }: Parameters,
  session: Participant | undefined,
): Promise<StoredStudy> {
  const study = id === undefined ? await unnamedStudy(database, session) : await namedStudy(database, id);
  if (study !== undefined && study.state !== 'draft') return study;
  // Whose cookies are gone has no wrong link, but none at all.
  throw refusal(id === undefined ? 'link-needed' : 'unknown-study');
}

async function namedStudy(database: Database, id: unknown): Promise<StoredStudy | undefined> {
  // What is no id is no study, and Postgres would choke on some of it.
  const named = idSchema.safeParse(id);
  return named.success ? findStudy(database, named.data) : undefined;
}

/** Who takes part goes on there; who did looks for the next study, if there is one. */
async function unnamedStudy(database: Database, session: Participant | undefined): Promise<StoredStudy | undefined> {
  const own = session && (() => studyOf(database, session));
  const isIn = session !== undefined && ['arrived', 'consented', 'waiting', 'working'].includes(session.state);
  return isIn ? own?.() : ((await impliedStudy(database)) ?? own?.());
}

export function refuseUnlessOpen(study: StoredStudy): void {
  if (study.state === 'paused') throw refusal('paused');
  if (study.state !== 'open') throw refusal('closed');
  const time = entryTime(study.page.entry, new Date());
  if (time === 'late') throw refusal('closed');
  if (time === 'early') {
    throw refusal('not-yet', { opens: study.page.entry.opens });
  }
}

export async function refuseFull(database: Database, study: StoredStudy): Promise<void> {
  if (await isFull(database, study)) throw refusal('full');
}

/** Who is refused from here on reads it in the study's language, and in its own words if it has some. */
export function audienceOf({ language, page }: StoredStudy): Audience {
  return { language, texts: page.texts.refusals };
}

/** The participant of this browser's session, if it has one. */
export async function currentParticipant(ctx: Context, database: Database): Promise<Participant | undefined> {
  const id = sessionParticipant(ctx);
  return id === undefined ? undefined : findParticipant(database, id);
}

/** Where someone who is already in goes on; undefined for who is not in yet. */
export async function resumeAt(database: Database, participant: Participant): Promise<string | undefined> {
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
      throw refusal('withdrawn');
    case 'screened': {
      const address = returnAddress(await studyOf(database, participant), participant, 'screenedOut');
      if (address !== undefined) return address;
      throw refusal('screened');
    }
    case 'abandoned':
      return comeBack(database, participant);
  }
}

/** Whoever gave their place up by being away has one at the end of the line, while the study takes participants. */
async function comeBack(database: Database, { id }: Participant): Promise<string> {
  refuseUnlessJoined(await rejoin(database, id));
  return '/howTo';
}

export function refuseUnlessJoined(result: Exclude<JoinResult, 'changed'> | RejoinResult): void {
  switch (result) {
    case 'joined':
    case 'already-joined':
      return;
    case 'paused':
      throw refusal('paused');
    case 'not-open':
      throw refusal('closed');
    case 'invitation-void':
      throw refusal('invitation-expired');
    case 'study-full':
      throw refusal('full');
    case 'address-full':
      throw refusal('address-full');
    case 'never-joined':
      throw refusal('abandoned');
  }
}
