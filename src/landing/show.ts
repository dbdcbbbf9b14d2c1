import type { Context } from 'koa';
import type { StoredStudy } from '../participants/study-store.js';

/** A page of the way in, in the study's language; it knows how many steps the way has. */
export function show(ctx: Context, template: string, study: StoredStudy, more: object = {}): void {
  ctx.set('Cache-Control', 'no-store');
  const { title, language, page } = study;
  const steps = page.screening === undefined ? 3 : 4;
  ctx.body = ctx.state.render(template, { study, title, language, steps, ...more });
}
