/** What goes wrong while bots take part, one after the other: an instance, the manager, Redis, the web app. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cleanup } from '../local/cleanup.js';
import { instanceProcesses } from '../local/instance-processes.js';
import { signalGroup } from '../local/process-group.js';
import type { ManagedProcess } from '../local/process.js';
import { type Stack, startProcess } from '../local/stack.js';
import type { Queryable } from '../platform/postgres/database.js';
import { openRedis } from '../platform/redis.js';
import type { Fault } from '../simulate/report.js';

export interface FaultParts {
  readonly stack: Stack;
  readonly cleanup: Cleanup;
  readonly database: Queryable;
  readonly runDir: string;
  readonly web: ManagedProcess;
  readonly manager: ManagedProcess;
  readonly progress: (line: string) => void;
}

export interface Faults {
  /** Ends what is under way, and tells what was done; what there was no time for is told as a problem. */
  stop(): Promise<{ readonly faults: readonly Fault[]; readonly missing: readonly string[] }>;
}

const BETWEEN_MS = 5_000;

export function startFaults(parts: FaultParts): Faults {
  const drills: readonly (readonly [string, (parts: FaultParts, over: AbortSignal) => Promise<void>])[] = [
    ['an instance in use is killed', killInstance],
    ['Redis is wiped', wipeRedis],
    ['the manager is killed with -9, another one starts', killManager],
    ['the web app is restarted', restartWeb],
  ];
  const start = performance.now();
  const faults: Fault[] = [];
  const over = new AbortController();
  const making = (async () => {
    for (const [what, make] of drills) {
      if (!(await untilSomebodyWorks(parts.database, over.signal))) return;
      await make(parts, over.signal);
      if (over.signal.aborted) return;
      faults.push({ atSecond: Math.round((performance.now() - start) / 1000), what });
      parts.progress(`FAULT     ${what}`);
      await pause(BETWEEN_MS, over.signal);
    }
  })();
  // Told by stop.
  making.catch(() => undefined);
  return {
    async stop() {
      over.abort();
      await making;
      return { faults, missing: drills.slice(faults.length).map(([what]) => what) };
    },
  };
}

/** False when the run was over before. */
async function untilSomebodyWorks(database: Queryable, over: AbortSignal): Promise<boolean> {
  while (!over.aborted) {
    if ((await atWork(database)).length > 0) return true;
    await pause(200, over);
  }
  return false;
}

/** Instances whose participants have begun. */
async function atWork(database: Queryable): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>(
    `select l.instance_id as id from leases l join participants p on p.id = l.participant_id
     where l.ended_at is null and p.last_seq > 2 order by l.id desc`,
  );
  return rows.map(({ id }) => id);
}

async function killInstance({ database, runDir }: FaultParts, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const used = await atWork(database);
    const found = instanceProcesses(runDir).filter(({ instance }) => instance === used[0]);
    for (const { pid } of found) killOne(pid);
    if (found.length > 0) return;
    await sleep(100);
  }
}

function killOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It ended by itself meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function wipeRedis({ stack }: FaultParts): Promise<void> {
  const redis = openRedis(stack.environment['REDIS_URL']!, () => undefined);
  try {
    await once(redis, 'ready');
    await redis.flushall();
  } finally {
    redis.disconnect();
  }
}

/** As a cluster does: another one starts, and leads when the dead one's lock has run out. */
async function killManager({ stack, cleanup, manager }: FaultParts): Promise<void> {
  signalGroup(manager.pid, 'SIGKILL');
  await manager.exited;
  await startProcess(stack, cleanup, 'manager');
}

async function restartWeb({ stack, cleanup, web }: FaultParts): Promise<void> {
  await web.stop();
  await startProcess(stack, cleanup, 'web');
}

/** Shorter when the run is over. */
async function pause(milliseconds: number, over: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal: over }).catch((error: unknown) => {
    if (!over.aborted) throw error;
  });
}
