/** The JSON that the original's page and scripts post. */
import { z } from 'zod';
import { parsed } from '../../platform/web/body.js';
import { Refusal } from '../../platform/web/refusal.js';
import { readings, statusLetters } from './status.js';

/** Characters of code, and of the time beside it. */
export const CODE_LIMIT = 1_000_000;
/** The largest code has room in it with each of its characters escaped three times over. */
export const BODY_LIMIT = '32mb';

const short = z.union([z.string().max(200), z.int().transform(String)]);

/** Asked for where no session tells them. */
const who = { user_id: z.string().max(200).optional(), token: z.string().max(200).optional() };

const payloadSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('code'),
    ...who,
    /** The whole notebook, as JSON or as the text of it. */
    code: z.union([z.string(), z.looseObject({})]),
    time: z.unknown(),
    status: z.enum(statusLetters),
    /** Ours: in which version's sense `status` is meant. */
    reading: z.enum(readings).default('main'),
  }),
  z.object({ type: z.literal('pasted'), ...who, tasknum: short, cellid: short, code: z.string() }),
]);

export type Payload = ReturnType<typeof readPayload>;

export function readPayload(body: unknown) {
  const given = parsed(payloadSchema, body);
  const payload = given.type === 'code' ? { ...given, code: asNotebook(given.code) } : given;
  if (isDeeper(payload, LEVELS)) throw new Refusal(400, 'bad-request', 'Not as expected: the JSON is nested too deep.');
  refuseTooLong('code', given.code);
  if (given.type === 'code') refuseTooLong('time', given.time);
  return payload;
}

/** The credential beside a plain payload. */
export const keySchema = z.object({ 'auth-token': z.string().max(200).optional() });

const wrappedSchema = z.object({ 'auth-token': z.string().max(200), 'json-payload': z.string() });

/** The form of `/submit`: the payload is a text within the body, beside the credential. */
export function unwrap(body: unknown): { key: string; payload: Payload } {
  const wrapped = parsed(wrappedSchema, body);
  return { key: wrapped['auth-token'], payload: readPayload(parseJson(wrapped['json-payload'])) };
}

/** A notebook has a dozen; beyond some thousands neither we nor Postgres can write it down. */
const LEVELS = 100;

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, 'not-json', 'The field json-payload is not JSON.');
  }
}

function refuseTooLong(field: string, value: unknown): void {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  // As the original would have counted: a character beyond U+FFFF is one, though it is two units long.
  const fits = text.length <= CODE_LIMIT || (text.length <= 2 * CODE_LIMIT && [...text].length <= CODE_LIMIT);
  if (!fits) throw new Refusal(413, 'too-large', `The field ${field} has more than ${CODE_LIMIT} characters.`);
}

/** Some of the original's pages post the notebook as a text; a text that is none is kept as it is. */
function asNotebook(code: unknown): unknown {
  try {
    return typeof code === 'string' ? (JSON.parse(code) as unknown) : code;
  } catch {
    return code;
  }
}
