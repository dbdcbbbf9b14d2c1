import type { Context } from 'koa';
import type { Refusal } from '../../platform/web/refusal.js';
import { mayAct, type Role } from './role.js';
import type { Visit } from './route.js';

type Signed = Pick<Visit, 'visitor' | 'token'>;

/** A page with the control area's frame: who is signed in, the way out, and the token for its forms. */
export function showPage(ctx: Context, { visitor, token }: Signed, template: string, variables: object): void {
  const may = (role: Role): boolean => mayAct(visitor.role, role);
  ctx.body = ctx.state.render(template, { ...variables, visitor, token, may });
}

/** What is refused to somebody who is signed in, in words. */
export function showRefusal(ctx: Context, signed: Signed, { status, code, message, details }: Refusal): void {
  ctx.status = status;
  if (ctx.accepts('html', 'json') === 'json') ctx.body = { error: code, message, ...details };
  else showPage(ctx, signed, 'control/refusal.html', { status, code, message });
}
