/** Out of the study at any time: a page that says what becomes of the data, and a button. */
import type { Context } from 'koa';
import { leave } from '../participants/leave.js';
import type { Participant } from '../participants/participant.js';
import { studyOf } from '../participants/study-store.js';
import { type Database, transaction } from '../platform/postgres/database.js';
import { refusal } from '../platform/web/refusal-pages.js';
import { refuseWithoutSession } from '../platform/web/session.js';
import { audienceOf, currentParticipant } from './entry.js';

export async function askWithdrawal(ctx: Context, database: Database): Promise<void> {
  show(ctx, await staying(ctx, database), false);
}

export async function withdraw(ctx: Context, database: Database): Promise<void> {
  const found = await staying(ctx, database);
  const leaving = {
    participant: found.participant.id,
    to: 'withdrawn',
    reason: 'asked to',
    actor: 'participant',
  } as const;
  // Pressed twice, it is done once.
  await transaction(database, (client) => leave(client, leaving));
  show(ctx, found, true);
}

interface Found {
  readonly participant: Participant;
  readonly title: string;
  readonly language: string;
}

/** Whoever has not withdrawn yet. */
async function staying(ctx: Context, database: Database): Promise<Found> {
  const participant = (await currentParticipant(ctx, database)) ?? refuseWithoutSession();
  const study = await studyOf(database, participant);
  ctx.state.audience = audienceOf(study);
  if (participant.state === 'withdrawn') throw refusal('withdrawn');
  if (participant.state === 'screened') throw refusal('screened');
  return { participant, title: study.title, language: study.language };
}

function show(ctx: Context, { participant, title, language }: Found, done: boolean): void {
  ctx.set('Cache-Control', 'no-store');
  ctx.body = ctx.state.render('landing/withdraw.html', { participant: participant.id, title, language, done });
}
