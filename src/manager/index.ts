import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConsulClient } from '../platform/consul.js';
import type { Logger } from '../platform/log.js';
import { Nomad } from '../platform/nomad/client.js';
import { openDatabase } from '../platform/postgres/database.js';
import { noLiveSettings } from '../platform/live-settings.js';
import { readProfiles } from '../platform/profiles.js';
import { keys, openRedis } from '../platform/redis.js';
import type { Settings } from '../platform/settings.js';
import { Leader } from './leader.js';
import { Loop } from './loop.js';
import type { Ports } from './ports.js';
import { TraefikProbe } from './probe.js';
import { RedisQueue } from './queue.js';
import { PostgresStore } from './store.js';
import { noTelemetry } from './telemetry.js';

export interface ManagerOptions {
  readonly settings: Settings;
  readonly log: Logger;
  /** For tests: other ports in place of the real ones. */
  readonly wrap?: (ports: Ports) => Ports;
}

export interface Manager {
  /** Stops acting and gives the lead back; instances go on. */
  stop(): Promise<void>;
}

const STREAM_RETRY_MS = 2_000;

export async function startManager({ settings, log, wrap = (ports) => ports }: ManagerOptions): Promise<Manager> {
  const profiles = await readProfiles(settings);
  const telemetry = noTelemetry;
  const warn = (what: string) => (error: Error) => {
    log.warn({ error: error.message }, what);
  };
  const database = openDatabase(settings.DATABASE_URL, warn('a connection to Postgres was lost'));
  const redis = openRedis(settings.REDIS_URL, warn('Redis is away'));
  const subscriber = openRedis(settings.REDIS_URL, warn('Redis is away'));
  const nomad = new Nomad(settings);
  const consul = new ConsulClient(settings);
  const store = new PostgresStore(database);
  const probe = new TraefikProbe(
    settings.OBSERVATORY_TRAEFIK_URL ?? settings.OBSERVATORY_PUBLIC_URL,
    settings.OBSERVATORY_SECRET,
  );
  const ports = wrap({ store, cluster: nomad, catalog: consul, probe, queue: new RedisQueue(redis) });

  let term = 0;
  const holder = `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`;
  const leader = new Leader({
    holder,
    key: `${settings.OBSERVATORY_CONSUL_PREFIX}/leader`,
    consul,
    log,
    onGain: async () => {
      term = await ports.store.raiseTerm(holder);
      // The lead counts once this returns.
      setImmediate(() => {
        loop.nudge();
      });
    },
  });
  const loop = new Loop({
    ports,
    settings,
    profiles,
    live: () => noLiveSettings,
    log,
    telemetry,
    term: () => (leader.leads() ? term : undefined),
  });
  const stopping = new AbortController();

  subscriber.on('ready', () => {
    subscriber.subscribe(keys.nudge).catch(warn('no nudges from Redis; the timer goes on'));
  });
  subscriber.on('message', () => {
    loop.nudge();
  });
  leader.start();
  loop.start();
  const listening = listen(nomad, loop, log, stopping.signal);

  return {
    async stop() {
      stopping.abort();
      await Promise.all([loop.stop(), listening]);
      await leader.stop();
      redis.disconnect();
      subscriber.disconnect();
      nomad.close();
      consul.close();
      await database.end();
    },
  };
}

/** Nomad's event stream: every line, the heartbeat of a new connection too, means only "look again". */
async function listen(nomad: Nomad, loop: Loop, log: Logger, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await nomad.eventStream(['Job', 'Allocation', 'Evaluation'], signal, () => {
        loop.nudge();
      });
    } catch (error) {
      log.warn({ error: (error as Error).message }, 'no event stream from Nomad; the timer goes on');
    }
    await sleep(STREAM_RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
}
