/** From the study link to a notebook, by the pages' own links and forms. */
import { setTimeout as sleep } from 'node:timers/promises';
import { filledIn, type Form, formsOf, linkOf } from './forms.js';
import type { Tally } from './tally.js';
import { refusalIn, StepError, type Traveller } from './traveller.js';
import { EventStream, type Told } from './waiting-stream.js';

export interface WayParts {
  readonly who: Traveller;
  readonly tally: Tally;
  readonly random: () => number;
  /** Sends each form twice at once. */
  readonly impatient: boolean;
}

const SEVERAL_NUMBERS = ['30', '5', '1', '100', '0'];

/** The page after the study link; an address below the public URL. */
export async function readIntro({ who }: WayParts, studyId: string): Promise<string> {
  const page = await who.page('intro', `/?study=${encodeURIComponent(studyId)}`);
  const next = linkOf(page, 'to-consent');
  if (next === undefined) throw new StepError('intro', 'there is no way on to the consent form');
  return next;
}

/** The consent form; the questions before it are answered on the way. */
export async function readConsent(parts: WayParts, next: string): Promise<Form> {
  const { who } = parts;
  let page: string;
  if (new URL(next, who.publicUrl).pathname === '/screening') {
    const [form] = formsOf(await who.page('screening', next));
    if (form === undefined) throw new StepError('screening', 'the page has no form');
    const address = await sendAnswers(parts, 'screening', form);
    page = await who.page('consent form', address);
  } else page = await who.page('consent form', next);
  const form = formsOf(page).find(({ fields }) => fields.some(({ name }) => name === 'consent'));
  if (form === undefined) throw new StepError('consent form', 'the page has no form to consent with');
  return form;
}

/** Ticks all boxes and sends the form; then there is a place in the line. */
export async function consent({ who, random, impatient }: WayParts, form: Form): Promise<void> {
  const send = () => who.ask('consent', form.action, { method: 'POST', body: filledIn(form, { random, number: '1' }) });
  const answers = await Promise.all(impatient ? [send(), send()] : [send()]);
  for (const answer of answers) {
    const text = await answer.text();
    if (answer.status !== 303) throw new StepError('consent', refusalIn(answer, text));
  }
  await who.page('how-to page', '/howTo');
}

/** As the how-to page's script: listens to the line, and asks where that says nothing. The notebook's path. */
export async function waitForNotebook({ who, tally }: WayParts, patienceMs: number): Promise<string> {
  const since = performance.now();
  for (let silent = 0; ;) {
    const told = silent < 3 ? await listen(who) : undefined;
    silent = told === undefined ? silent + 1 : 0;
    const place = told?.state === 'ready' ? told : await ask(who);
    if (place.state === 'ready') {
      tally.time('wait for a notebook', performance.now() - since);
      return place.address!;
    }
    if (place.state === 'gone') throw new StepError('wait', 'the place in the line is gone');
    if (performance.now() - since > patienceMs)
      throw new StepError('wait', `no notebook within ${Math.round(patienceMs / 1000)} s`);
    if (told === undefined) await sleep(1_000);
  }
}

const FIRST_WORD_MS = 5_000;

/** The last that one stream said; undefined when it said nothing in time or broke. */
async function listen(who: Traveller): Promise<Told | undefined> {
  if (who.latencyMs > 0) await sleep(who.latencyMs);
  const stream = new EventStream(who.publicUrl, who.cookie);
  const silent = sleep(FIRST_WORD_MS).then(() => {
    if (stream.told.length === 0) stream.close();
  });
  await Promise.race([stream.ended.catch(() => undefined), silent.then(() => stream.ended.catch(() => undefined))]);
  return stream.told.at(-1);
}

async function ask(who: Traveller): Promise<Told> {
  return JSON.parse(await who.page('asking the line', '/waiting', { headers: { accept: 'application/json' } })) as Told;
}

/** Fills the form in and sends it, where that leads. A number that is refused is tried otherwise, as a person would. */
export async function sendAnswers({ who, random, impatient }: WayParts, step: string, form: Form): Promise<string> {
  for (const number of SEVERAL_NUMBERS) {
    const send = () => who.ask(step, form.action, { method: 'POST', body: filledIn(form, { random, number }) });
    const [answer] = await Promise.all(impatient ? [send(), send()] : [send()]);
    const text = await answer.text();
    const location = answer.headers.get('location');
    if (answer.status === 303 && location !== null) return location;
    if (answer.status !== 422) throw new StepError(step, refusalIn(answer, text));
  }
  throw new StepError(step, 'no number that was tried is taken');
}
