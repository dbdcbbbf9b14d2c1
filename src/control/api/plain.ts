/** Schemas that several answers and questions are made of. */
import { z } from 'zod';
import { idSchema } from '../../studies/document.js';
import type { PathName } from './endpoint.js';

/** RFC 3339, UTC. */
export const moment = z.date();

export const count = z.int().min(0);

export const seconds = z.number();

/** What Postgres counts with so many digits that its client gives text. */
export const bigCount = z.string().transform(Number).pipe(count);

/** In the query. */
export const wholeNumber = (least: number): z.ZodType<number, string> =>
  z
    .string()
    .regex(/^(?:0|[1-9]\d{0,14})$/, 'expected a whole number')
    .transform(Number)
    .pipe(z.int().min(least).max(999_999_999_999_999));

export const yesOrNo = z
  .enum(['true', 'false'])
  .transform((text) => text === 'true')
  .pipe(z.boolean());

/** A place in a list. */
export const place = z.string().max(64).describe('Where the page begins: `next` of the page before it.');
export const next = z.string().nullable().describe('What `after` of the next page is; null on the last one.');

/** What the path names. */
export const pathSchemas: Readonly<Record<PathName, z.ZodString>> = {
  study: idSchema.describe('The study’s id.'),
  participant: z
    .string()
    .regex(/^[a-z0-9]{12}$/)
    .describe('The participant’s id.'),
  instance: z
    .string()
    .regex(/^[0-9a-f]{12}$/)
    .describe('The instance’s id.'),
};

export const change = z
  .object({
    at: moment,
    from: z.string().nullable(),
    to: z.string(),
    actor: z.string().describe('Who did it: a user, a user’s token, or a part of the system.'),
    reason: z.string().nullable(),
  })
  .meta({ id: 'Change' });
