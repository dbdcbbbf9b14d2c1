import { send } from '@koa/send';
import type { Context } from 'koa';
import { pathParameter } from './path-parameter.js';

/** Files of `folder`, by name only. Hashed names never change their content, so browsers keep those for good. */
export function assetRoute(folder: string, immutable: boolean): (ctx: Context) => Promise<void> {
  return async (ctx) => {
    await send(ctx, pathParameter(ctx, 'file'), {
      root: folder,
      immutable,
      maxage: immutable ? 365 * 86_400_000 : 300_000,
    });
  };
}
