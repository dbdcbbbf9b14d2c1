/** A participant is taken out of the study, or erased: each asks first, and is noted with the name of whoever did it. */
import type { Context } from 'koa';
import { erase } from '../../participants/erase.js';
import { leave } from '../../participants/leave.js';
import { type Database, transaction } from '../../platform/postgres/database.js';
import { Refusal } from '../../platform/web/refusal.js';
import { showPage } from '../access/page.js';
import { action, type ControlRoute, page, type Visit } from '../access/route.js';
import { foundPerson } from './found.js';
import type { Person } from './person.js';

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

const hasLeft = ({ state }: Person): boolean => state === 'withdrawn' || state === 'screened';

async function withdraw(ctx: Context, database: Database, visit: Visit): Promise<void> {
  const person = await foundPerson(ctx, database, visit);
  const leaving = { participant: person.id, to: 'withdrawn', actor: visit.visitor.name } as const;
  const reason = reasonOf(visit, person) || 'by the team';
  if (!(await transaction(database, (client) => leave(client, { ...leaving, reason })))) throw leftAlready(person);
  seeOther(ctx, `/control/studies/${visit.study}/participants/${person.id}`);
}

async function eraseForGood(ctx: Context, database: Database, visit: Visit): Promise<void> {
  const person = await foundPerson(ctx, database, visit);
  if (visit.form.get('confirm')?.trim().toLowerCase() !== person.id)
    throw new Refusal(400, 'not-confirmed', 'What was typed is not the participant’s id. Nothing was erased.');
  const reason = reasonOf(visit, person);
  if (reason === '') throw new Refusal(400, 'no-reason', 'Say why: the reason is what is kept. Nothing was erased.');
  await erase(database, { participant: person.id, actor: visit.visitor.name, reason });
  seeOther(ctx, `/control/studies/${visit.study}/participants`);
}

const MAX_REASON = 200;

/** It outlives the participant's data, so it must not name them. */
function reasonOf({ form }: Visit, { id, who }: Person): string {
  const reason = (form.get('reason') ?? '')
    .replace(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, MAX_REASON);
  const names = [id, ...Object.values(who?.recruitment ?? {}), who?.identity?.replace(/^[^:]*:/, '') ?? ''];
  if (names.some((name) => name.length > 3 && reason.toLowerCase().includes(name.toLowerCase())))
    throw new Refusal(400, 'reason-names', 'The reason names the participant, and it is kept. Say it without.');
  return reason;
}

const leftAlready = ({ state }: Person): Refusal =>
  new Refusal(409, 'left-already', `This participant has left the study already: ${state}.`);

function seeOther(ctx: Context, to: string): void {
  ctx.status = 303;
  ctx.redirect(to);
}
