import { z } from 'zod';
import { Refusal } from '../../platform/web/refusal.js';

/** As `problemOf` makes it. */
export const problem = z
  .object({
    type: z.string().describe('`urn:observatory:` and a code, the same for the same problem.'),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('A sentence for people.'),
    errors: z
      .array(
        z.object({
          in: z.enum(['query', 'body']),
          field: z.string().describe('Empty: the whole.'),
          message: z.string(),
        }),
      )
      .optional()
      .describe('What was not as expected (422).'),
    retryAfter: z.int().optional().describe('Seconds (429).'),
    reference: z.string().optional().describe('By which it is found in the log (5xx).'),
  })
  .meta({ id: 'Problem' });

/** What the schema takes of it; otherwise all that is wrong with it. */
export function checked<S extends z.ZodType>(where: 'query' | 'body', schema: S, given: unknown): z.output<S> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const errors = result.error.issues.map(({ path, message }) => ({ in: where, field: path.join('.'), message }));
  const [{ field, message } = { field: '', message: '' }] = errors;
  const detail = `The ${where}${field === '' ? '' : ` field ${field}`}: ${message}`;
  throw new Refusal(422, 'not-as-expected', detail, { errors });
}

/** For an `after` that no page gave. */
export const unknownPlace = (): Refusal =>
  new Refusal(404, 'unknown-place', 'There is no such place in a list of this order: `after` is what `next` was.');
