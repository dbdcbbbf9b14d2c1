/** Where somebody is in the line: told as it changes, or when asked. */
import { PassThrough } from 'node:stream';
import type { Context } from 'koa';
import Router from 'koa-router';
import type { Place } from '../participants/line-view.js';
import { requireParticipant } from '../platform/web/session.js';
import type { WaitingRoom } from './waiting-room.js';
import { waitingWords } from './waiting-words.js';

/** Keeps proxies from taking a silent connection for a dead one. */
const HEARTBEAT_MS = 15_000;
/** A browser that is gone without a word, such as a closed laptop, is counted as there no longer than this; others come again. */
const STREAM_MS = 60_000;

export function waitingRoutes(room: WaitingRoom): Router {
  const router = new Router();
  router.get('/waiting', async (ctx: Context) => {
    ctx.state.json = true;
    const id = requireParticipant(ctx);
    ctx.set('Cache-Control', 'no-store');
    ctx.body = toldOf(await room.ask(id));
  });
  router.get('/waiting/events', (ctx: Context) => {
    ctx.state.json = true;
    stream(ctx, room, requireParticipant(ctx));
  });
  return router;
}

/** What the page's script gets; also what the page is rendered from. */
export function toldOf(place: Place): object {
  switch (place.state) {
    case 'waiting':
      return { state: 'waiting', before: place.before, expected: place.expected, ...waitingWords(place) };
    case 'ready':
      return { state: 'ready', address: `/proxy/${place.instance}/` };
    case 'gone':
      return { state: 'gone' };
  }
}

function stream(ctx: Context, room: WaitingRoom, id: string): void {
  const body = new PassThrough();
  let last = '';
  const tell = (place: Place): void => {
    if (body.writableEnded) return;
    const message = JSON.stringify(toldOf(place));
    if (message !== last) body.write(`data: ${message}\n\n`);
    last = message;
    if (place.state !== 'waiting') body.end();
  };
  const leave = room.watch({ id, tell, end: () => body.end() });
  const heartbeat = setInterval(() => body.write(': still here\n\n'), HEARTBEAT_MS);
  const end = setTimeout(() => body.end(), STREAM_MS);
  const over = (): void => {
    leave();
    clearInterval(heartbeat);
    clearTimeout(end);
  };
  body.once('finish', over).once('close', over);
  ctx.type = 'text/event-stream';
  // No proxy and not our own compression may keep a message back.
  ctx.set({ 'Cache-Control': 'no-store, no-transform', 'X-Accel-Buffering': 'no' });
  ctx.body = body;
}
