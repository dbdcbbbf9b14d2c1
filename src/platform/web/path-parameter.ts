import type { Context } from 'koa';

/** What the path has in the place of `:name`; the router's own type says nothing about it. */
export function pathParameter(ctx: Context, name: string): string {
  return (ctx.params as Readonly<Record<string, string | undefined>>)[name] ?? '';
}
