import { bodyParser } from '@koa/bodyparser';
import type { Context, Next } from 'koa';
import type { z } from 'zod';
import { Refusal } from './refusal.js';

/** A form of the landing pages. */
export const formBody = bodyParser({ enableTypes: ['form'], formLimit: '64kb' });

/** JSON of the notebook page; up to `limit`, such as '12mb'. */
export function jsonBody(limit: string): (ctx: Context, next: Next) => Promise<void> {
  const parse = bodyParser({ enableTypes: ['json'], jsonLimit: limit });
  return async (ctx, next) => {
    if (!ctx.is('json')) throw new Refusal(415, 'not-json', 'Expected a JSON body (content-type application/json).');
    await parse(ctx, next);
  };
}

/** The body as the schema has it; otherwise a 400 that names the first wrong field. */
export function parsed<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.join('.') ?? '';
  throw new Refusal(
    400,
    'bad-request',
    `Not as expected: ${field === '' ? '' : `${field}: `}${issue?.message ?? 'unknown'}`,
  );
}
