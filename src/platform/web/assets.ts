import send from '@koa/send';
import type { Context } from 'koa';

/** Files of `folder`, by name only. Hashed names never change their content, so browsers keep those for good. */
export function assetRoute(folder: string, immutable: boolean): (ctx: Context) => Promise<void> {
  return async (ctx) => {
    await send(ctx as never, String(ctx.params.file), {
      root: folder,
      immutable,
      maxage: immutable ? 365 * 86_400_000 : 300_000,
    });
  };
}
