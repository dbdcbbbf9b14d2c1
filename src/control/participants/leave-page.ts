/** A participant is taken out of the study, or erased: each asks first, and is noted with the name of whoever did it. */
import type { Context } from 'koa';
import type { Database } from '../../platform/postgres/database.js';
import { Refusal } from '../../platform/web/refusal.js';
import { showPage } from '../access/page.js';
import { action, type ControlRoute, page, type Visit } from '../access/route.js';
import { foundPerson } from './found.js';
import { erasePerson, hasLeft, leftAlready, withdrawPerson } from './leaving.js';

const BASE = '/control/studies/:study/participants/:participant';

export function leaveRoutes(database: Database): ControlRoute[] {
  return [
    page(`${BASE}/withdraw`, 'researcher', (ctx, visit) => ask(ctx, database, visit, 'withdraw')),
    action(`${BASE}/withdraw`, 'researcher', (ctx, visit) => withdraw(ctx, database, visit)),
    page(`${BASE}/erase`, 'researcher', (ctx, visit) => ask(ctx, database, visit, 'erase')),
    action(`${BASE}/erase`, 'researcher', (ctx, visit) => eraseForGood(ctx, database, visit)),
  ];
}

async function ask(ctx: Context, database: Database, visit: Visit, what: 'withdraw' | 'erase'): Promise<void> {
  const person = await foundPerson(ctx, database, visit);
  if (what === 'withdraw' && hasLeft(person)) throw leftAlready(person);
  showPage(ctx, visit, `control/participant-${what}.html`, { study: visit.study, person });
}

async function withdraw(ctx: Context, database: Database, visit: Visit): Promise<void> {
  const person = await foundPerson(ctx, database, visit);
  const { form, visitor } = visit;
  await withdrawPerson(database, person, { reason: form.get('reason') ?? '', actor: visitor.name });
  seeOther(ctx, `/control/studies/${visit.study}/participants/${person.id}`);
}

async function eraseForGood(ctx: Context, database: Database, visit: Visit): Promise<void> {
  const person = await foundPerson(ctx, database, visit);
  const { form, visitor } = visit;
  if (form.get('confirm')?.trim().toLowerCase() !== person.id)
    throw new Refusal(400, 'not-confirmed', 'What was typed is not the participant’s id. Nothing was erased.');
  await erasePerson(database, person, { reason: form.get('reason') ?? '', actor: visitor.name });
  seeOther(ctx, `/control/studies/${visit.study}/participants`);
}

function seeOther(ctx: Context, to: string): void {
  ctx.status = 303;
  ctx.redirect(to);
}
