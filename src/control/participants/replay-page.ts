import type { Context } from 'koa';
import { findParticipant } from '../../participants/participant.js';
import { studyOf } from '../../participants/study-store.js';
import type { Queryable } from '../../platform/postgres/database.js';
import { Refusal } from '../../platform/web/refusal.js';
import { showPage } from '../access/page.js';
import { type ControlRoute, page, type Visit } from '../access/route.js';
import { foundPerson } from './found.js';
import { readEvents } from './record.js';
import { firstDocument } from './work.js';

export interface ReplayParts {
  readonly database: Queryable;
  /** Addresses of the script and the style sheet of the replay. */
  readonly replay: { readonly js: string; readonly css: string };
}

const BASE = '/control/studies/:study/participants/:participant/replay';

/** The notebook as it was at any moment: a page, and what its script asks for. */
export function replayRoutes(parts: ReplayParts): ControlRoute[] {
  return [
    page(BASE, 'viewer', (ctx, visit) => showReplay(ctx, parts, visit)),
    page(`${BASE}/beginning`, 'viewer', (ctx, visit) => tellBeginning(ctx, parts, visit)),
    page(`${BASE}/events`, 'viewer', (ctx, visit) => tellEvents(ctx, parts, visit)),
  ];
}

async function showReplay(ctx: Context, { database, replay }: ReplayParts, visit: Visit): Promise<void> {
  const person = await foundPerson(ctx, database, visit);
  showPage(ctx, visit, 'control/replay.html', {
    ...{ study: visit.study, person, assets: replay, nonce: ctx.state.nonce },
  });
}

async function tellBeginning(ctx: Context, { database }: ReplayParts, visit: Visit): Promise<void> {
  const { id } = await foundPerson(ctx, database, visit);
  const participant = (await findParticipant(database, id))!;
  const document = await firstDocument(database, id);
  if (document === undefined) throw new Refusal(404, 'no-notebook', 'This participant has got no notebook yet.');
  ctx.body = { document, language: (await studyOf(database, participant)).language };
}

async function tellEvents(ctx: Context, { database }: ReplayParts, visit: Visit): Promise<void> {
  const { id } = await foundPerson(ctx, database, visit);
  const after = typeof ctx.query['after'] === 'string' ? ctx.query['after'] : '0';
  if (!/^\d{1,15}$/.test(after)) throw new Refusal(400, 'bad-request', 'Events are asked for behind a number.');
  const events = await readEvents(database, id, Number(after));
  ctx.body = { events, next: events.at(-1)?.seq ?? null };
}
