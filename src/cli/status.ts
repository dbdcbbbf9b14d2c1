import { setTimeout as sleep } from 'node:timers/promises';
import { readStatus, type Status, staleAfter } from '../control/status.js';
import { statusText } from '../control/status-text.js';
import { openDatabase } from '../platform/postgres/database.js';
import { readSome } from '../platform/settings.js';
import { untilSignal } from './signals.js';

const REDRAW_MS = 2_000;
const CLEAR = '\u001b[H\u001b[J';

/** Prints the status, with `watch` again and again; the exit code: 0 when all is well, 1 when there are problems. */
export async function status({ json, watch }: { json: boolean; watch: boolean }): Promise<number> {
  const settings = readSome(process.env, ['DATABASE_URL', 'OBSERVATORY_PASS_SECONDS']);
  // A connection that is lost while nobody uses it is told by the next question.
  const database = openDatabase(settings.DATABASE_URL, () => undefined);
  const stopped = new AbortController();
  if (watch) void untilSignal().then(() => stopped.abort());
  try {
    for (;;) {
      const found = await readStatus(database, staleAfter(settings)).catch((error: Error): Unreadable => ({
        unreadable: whyUnreadable(error),
      }));
      print(found, { json, watch });
      if (!watch) return 'problems' in found && found.problems.length === 0 ? 0 : 1;
      await sleep(REDRAW_MS, undefined, { signal: stopped.signal }).catch(() => undefined);
      if (stopped.signal.aborted) return 0;
    }
  } finally {
    await database.end();
  }
}

interface Unreadable {
  readonly unreadable: string;
}

/** Node gives some failed connections no message, only a code. */
export function whyUnreadable({ message, code }: NodeJS.ErrnoException): string {
  const why = message === '' ? String(code) : message;
  const advice = /relation .* does not exist/.test(why) ? ' Run `observatory migrate` first.' : '';
  return `Postgres cannot be read: ${why}.${advice}`;
}

function print(found: Status | Unreadable, { json, watch }: { json: boolean; watch: boolean }): void {
  if (json) {
    console.log(JSON.stringify('unreadable' in found ? { problems: [found.unreadable] } : found));
    return;
  }
  const colours = process.stdout.isTTY && process.env.NO_COLOR === undefined;
  const text = 'unreadable' in found ? found.unreadable : statusText(found, colours);
  console.log(watch && process.stdout.isTTY ? `${CLEAR}${text}` : watch ? `${text}\n` : text);
}
