/** Participants for the tests of the original's addresses: each knows its pair of user id and token, and its credential. */
import { submitKey } from '../../src/platform/identity.js';
import { PlainParticipant } from '../browser/running-platform.js';
import { type RunningWeb, SECRET } from './running-web.js';
import { Typist } from './typist.js';

export interface Person {
  readonly id: string;
  readonly token: string;
  /** The credential of its instance. */
  readonly key: string;
  readonly typist: Typist;
  readonly who: PlainParticipant;
}

/** A participant with an instance. */
export async function workingPerson(web: RunningWeb): Promise<Person> {
  await web.makeReady(1);
  const who = new PlainParticipant(web.address);
  await who.consent();
  const typist = Typist.at(who, await who.assigned());
  const { participant: id } = (await (await typist.get('notebook')).json()) as { participant: string };
  const token = await one<string>(web, 'select token as it from participants where id = $1', id);
  return { id, token, key: submitKey(SECRET, typist.instance), typist, who };
}

export async function one<T>(web: RunningWeb, query: string, ...values: unknown[]): Promise<T> {
  return (await web.database.query<{ it: T }>(query, values)).rows[0]!.it;
}

/** A notebook as the original's page has it. */
export const notebook = (...codes: string[]) => ({
  cells: codes.map((source, index) => ({ cell_type: 'code', metadata: { tasknum: index + 1 }, source })),
});

export const time = { focusTime: 12.5, execTime: '{"1":["Tue, 24 Nov 2026 12:00:00 GMT"]}' };

export const codePayload = ({ id, token }: Person, more: object = {}) => ({
  ...{ type: 'code', user_id: id, token, code: notebook('x = 1'), time, status: 'r', ...more },
});

/** The form of `/submit`. */
export const wrapped = (person: Person, payload: unknown, key = person.key) => ({
  'auth-token': key,
  'json-payload': JSON.stringify(payload),
});

/** A request of nobody's browser. */
export async function get(web: RunningWeb, path: string, init: RequestInit = {}) {
  const answer = await fetch(web.address + path, { redirect: 'manual', ...init });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

export async function post(web: RunningWeb, path: string, body: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(web.address + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: answer.status, json: (await answer.json()) as { error?: string; message?: string } };
}

/** Between tests. */
export async function forgetEverybody(web: RunningWeb): Promise<void> {
  await web.database.query('truncate events, snapshots, leases, participants, instances cascade');
  await web.database.query('update counters set value = 0');
}
