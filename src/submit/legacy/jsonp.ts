import type { Context } from 'koa';
import { Refusal } from '../../platform/web/refusal.js';

/** A function's name, such as `jQuery1124_1700` or `survey.show`: what else a client writes there would run as a script. */
const CALLBACK = /^[A-Za-z_$][\w$]{0,127}(?:\.[A-Za-z_$][\w$]{0,127}){0,4}$/;

/** JSON; with the parameter `callback` a script that hands it to the function of that name, on a page of any site. */
export function answerJsonp(ctx: Context, value: unknown): void {
  const callback = callbackName(ctx);
  ctx.set('Cache-Control', 'no-store');
  ctx.set('Cross-Origin-Resource-Policy', 'cross-origin');
  const json = JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
  ctx.type = callback === undefined ? 'application/json' : 'text/javascript';
  // The comment keeps the name from being the file's first bytes, which some readers take for its type.
  ctx.body = callback === undefined ? json : `/**/${callback}(${json});`;
}

/** To be asked before anything is done: a refused request changes nothing. */
export function callbackName(ctx: Context): string | undefined {
  const { callback } = ctx.query;
  if (callback === undefined) return undefined;
  if (typeof callback === 'string' && CALLBACK.test(callback)) return callback;
  throw new Refusal(400, 'bad-callback', 'The parameter callback must be the name of a function.');
}
