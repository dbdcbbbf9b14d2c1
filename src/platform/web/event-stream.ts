/** Server-sent events: what changes is told to a page that stays open. */
import { PassThrough } from 'node:stream';
import type { Context } from 'koa';

/** Keeps proxies from taking a silent connection for a dead one. */
const HEARTBEAT_MS = 15_000;
/** A browser that is gone without a word, such as a closed laptop, is counted as there no longer than this; others come again. */
const STREAM_MS = 60_000;

export interface EventStream {
  /** Nothing where it is what was told last. @param event another kind than plain messages */
  readonly tell: (message: string, event?: string) => void;
  readonly end: () => void;
}

/** @param watch begins to tell; what it returns is called once, when nobody listens any more */
export function answerWithStream(ctx: Context, watch: (stream: EventStream) => () => void): void {
  const body = new PassThrough();
  let last = '';
  const stream: EventStream = {
    tell: (message, event) => {
      if (body.writableEnded || message === last) return;
      last = message;
      body.write(`${event === undefined ? '' : `event: ${event}\n`}data: ${message}\n\n`);
    },
    end: () => body.end(),
  };
  const leave = watch(stream);
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
