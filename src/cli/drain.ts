import { setTimeout as sleep } from 'node:timers/promises';
import { readStatus, type Status, staleAfter } from '../control/status.js';
import { ConsulClient } from '../platform/consul.js';
import { openDatabase } from '../platform/postgres/database.js';
import { readSome } from '../platform/settings.js';
import { untilSignal } from './signals.js';
import { whyUnreadable } from './status.js';

const LOOK_MS = 500;
const INTERRUPTED = 130;

const needed = [
  ...(['DATABASE_URL', 'OBSERVATORY_PASS_SECONDS', 'OBSERVATORY_CONSUL_PREFIX', 'CONSUL_HTTP_ADDR'] as const),
  ...(['CONSUL_HTTP_TOKEN', 'CONSUL_CACERT', 'CONSUL_CLIENT_CERT', 'CONSUL_CLIENT_KEY'] as const),
];

/** Switches the drain on and tells how it goes until no warm instance is left, or switches it off; the exit code. */
export async function drain({ off }: { off: boolean }): Promise<number> {
  const settings = readSome(process.env, needed);
  const consul = new ConsulClient(settings);
  const key = `${settings.OBSERVATORY_CONSUL_PREFIX}/drain`;
  const database = openDatabase(settings.DATABASE_URL, () => undefined);
  const look = () => readStatus(database, staleAfter(settings));
  try {
    if (off) await consul.deleteKey(key);
    else await consul.setKey(key, 'true');
    return off ? await tellEnd(look) : await follow(look);
  } catch (error) {
    console.error(
      `The drain is not ${off ? 'ended' : 'begun'}: ${(error as Error).message}. \`observatory doctor\` finds the cause.`,
    );
    return 1;
  } finally {
    consul.close();
    await database.end();
  }
}

async function tellEnd(look: () => Promise<Status>): Promise<number> {
  const after = await look().then(
    ({ leader }) => (leader === null ? nobodyLeads('The pools fill') : 'The manager fills the pools again.'),
    whyUnreadable,
  );
  console.log(`The drain is over. ${after}`);
  return 0;
}

async function follow(look: () => Promise<Status>): Promise<number> {
  const interrupted = new AbortController();
  void untilSignal().then(() => {
    interrupted.abort();
  });
  for (let said = ''; !interrupted.signal.aborted;) {
    const { line, done } = await look().then(progress, (error: Error) => ({ line: whyUnreadable(error), done: false }));
    if (line !== said) console.log(line);
    said = line;
    if (done) {
      console.log('The pools are drained. `observatory drain --off` fills them again.');
      return 0;
    }
    await sleep(LOOK_MS, undefined, { signal: interrupted.signal }).catch(() => undefined);
  }
  console.log('The drain stays on, and goes on without this command. `observatory drain --off` ends it.');
  return INTERRUPTED;
}

/** How far it is. An empty pool alone is not the end: a leader that has not seen the drain yet could fill it. */
function progress({ pools, leader, drained }: Status): { line: string; done: boolean } {
  const sum = (of: (pool: Status['pools'][number]) => number) => pools.reduce((total, pool) => total + of(pool), 0);
  const warm = sum(({ booting, ready }) => booting + ready);
  const leased = sum((pool) => pool.leased);
  const stay =
    leased === 0 ? 'none is leased' : leased === 1 ? '1 leased, which stays' : `${leased} leased, which stay`;
  const counts = `${warm} warm ${warm === 1 ? 'instance' : 'instances'} left; ${stay}.`;
  if (leader === null) return { line: `${counts} ${nobodyLeads('The drain begins')}`, done: false };
  return { line: counts, done: drained && warm === 0 };
}

const nobodyLeads = (what: string): string =>
  `${what} when a manager leads; now nobody does (\`observatory status\` tells more).`;
