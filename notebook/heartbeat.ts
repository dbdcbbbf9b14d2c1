/** Tells the server again and again that the page is open, and hears for how long the instance is there. */
import type { Banners } from './banners.js';
import type { KernelSession } from './kernel.js';
import { fill, type Messages } from './messages.js';
import { isGone } from './protocol.js';
import type { NotebookServer } from './server.js';

const END_NOTICE_SECONDS = 15 * 60;

export interface HeartbeatParts {
  readonly server: NotebookServer;
  readonly kernel: Promise<KernelSession>;
  readonly banners: Banners;
  readonly texts: Messages;
  readonly page: string;
  /** The last number that the page has given. */
  readonly lastSeq: () => number;
  readonly hasEnded: () => boolean;
}

export function beatEvery(seconds: number, parts: HeartbeatParts): void {
  setInterval(() => void beat(parts), seconds * 1000);
}

async function beat({ server, kernel, banners, texts, page, lastSeq, hasEnded }: HeartbeatParts): Promise<void> {
  if (hasEnded()) return;
  const answer = await server.heartbeat(lastSeq(), page).catch(() => null);
  if (answer === null) return;
  // No lease on this instance any more: there may be another one.
  if (isGone(answer.status)) await (await kernel).checkPlace();
  const { endsInSeconds } = answer.body;
  if (typeof endsInSeconds !== 'number' || endsInSeconds > END_NOTICE_SECONDS) return;
  const minutes = String(Math.max(1, Math.round(endsInSeconds / 60)));
  banners.show('ends-soon', fill(texts.endsSoon, { minutes }));
}
