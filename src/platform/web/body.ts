import { bodyParser } from '@koa/bodyparser';
import type { Context, Next } from 'koa';
import rawBody from 'raw-body';
import type { z } from 'zod';
import { Refusal } from './refusal.js';

/** A form of the landing pages. */
export const formBody = bodyParser({ enableTypes: ['form'], formLimit: '64kb' });

/** A form with many fields, or long ones; a field may come several times. */
export async function formFields(ctx: Context, limit: string): Promise<URLSearchParams> {
  if (!ctx.is('application/x-www-form-urlencoded')) throw new Refusal(415, 'not-a-form', 'Expected a form.');
  const body = await rawBody(ctx.req, { limit, length: ctx.req.headers['content-length'] ?? null });
  return new URLSearchParams(body.toString('utf8'));
}

/** JSON of the notebook page; up to `limit`, such as '12mb'. Nothing but this: each step of every participant comes by here. */
export function jsonBody(limit: string): (ctx: Context, next: Next) => Promise<void> {
  return async (ctx, next) => {
    if (!ctx.is('json')) throw new Refusal(415, 'not-json', 'Expected a JSON body (content-type application/json).');
    const body = await rawBody(ctx.req, { limit, length: ctx.req.headers['content-length'] ?? null });
    const text = body.toString('utf8');
    ctx.request.rawBody = text;
    try {
      ctx.request.body = JSON.parse(text);
    } catch {
      throw new Refusal(400, 'bad-request', 'What was sent could not be read.');
    }
    await next();
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
