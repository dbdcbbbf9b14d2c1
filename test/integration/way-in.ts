/** The way in as a participant walks it, for the tests of links, tokens and old addresses. */
import assert from 'node:assert/strict';
import { publishStudy } from '../../src/participants/study-store.js';
import { entrySchema } from '../../src/studies/entry.js';
import type { Study } from '../../src/studies/read.js';
import { PlainParticipant } from '../browser/running-platform.js';
import type { RunningWeb } from './running-web.js';

export const BOXES = ['age', 'language', 'read', 'continue'].map((box): [string, string] => ['consent', box]);

/** The study again, entered in another way; without a cap per address, as all participants have the same. */
export async function withEntry(web: RunningWeb, entry: object, more: Partial<Study> = {}): Promise<void> {
  const caps = { ...web.study.caps, perAddressAndDay: null };
  await publishStudy(web.database, { ...web.study, caps, entry: entrySchema.parse(entry), ...more });
}

export const visitor = (web: RunningWeb): PlainParticipant => new PlainParticipant(web.address);

/** What a request was answered with: the status, and where it leads or the code that the page names. */
export async function answer(asked: Promise<Response>): Promise<string> {
  const response = await asked;
  const said = /data-code="([^"]*)"/.exec(await response.text())?.[1];
  return [response.status, response.headers.get('location') ?? said ?? ''].join(' ').trim();
}

/** From the link over the page's own button to the consent form. */
export async function toConsent(web: RunningWeb, link: string, who = visitor(web)): Promise<PlainParticipant> {
  const intro = await who.request(link);
  const page = await intro.text();
  assert.equal(intro.status, 200, `${link}: ${page}`);
  const next = /data-test="to-consent" href="([^"]+)"/.exec(page)![1]!.replaceAll('&amp;', '&');
  const consent = await who.request(next);
  assert.equal(consent.status, 200, next);
  return who;
}

export const giveConsent = (who: PlainParticipant, more: Record<string, string> = {}): Promise<Response> =>
  who.request('/howTo', { method: 'POST', body: new URLSearchParams([...BOXES, ...Object.entries(more)]) });

/** From the link to a place in the line. */
export async function takePart(web: RunningWeb, link: string, who = visitor(web)): Promise<PlainParticipant> {
  await toConsent(web, link, who);
  assert.equal(await answer(giveConsent(who)), '303 /howTo');
  return who;
}

export async function participants<T extends object>(web: RunningWeb, columns: string): Promise<T[]> {
  return (await web.database.query<T>(`select ${columns} from participants order by arrived_at, id`)).rows;
}
