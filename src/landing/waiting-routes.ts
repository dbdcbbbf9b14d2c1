/** Where somebody is in the line: told as it changes, or when asked. */
import type { Context } from 'koa';
import Router from 'koa-router';
import type { Place } from '../participants/line-view.js';
import { answerWithStream } from '../platform/web/event-stream.js';
import { requireParticipant } from '../platform/web/session.js';
import type { WaitingRoom } from './waiting-room.js';
import { waitingWords } from './waiting-words.js';

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
  answerWithStream(ctx, ({ tell, end }) => {
    const told = (place: Place): void => {
      tell(JSON.stringify(toldOf(place)));
      if (place.state !== 'waiting') end();
    };
    return room.watch({ id, tell: told, end });
  });
}
