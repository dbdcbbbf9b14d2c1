import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { ConsulClient } from '../platform/consul.js';
import type { Logger } from '../platform/log.js';
import { Nomad } from '../platform/nomad/client.js';
import { openDatabase } from '../platform/postgres/database.js';
import { LiveSettingsWatch } from '../platform/live-settings/watch.js';
import { readProfiles } from '../platform/profiles.js';
import { keys, openRedis } from '../platform/redis.js';
import type { Settings } from '../platform/settings.js';
import { followEvents } from './events.js';
import { Leader } from './leader.js';
import { Loop } from './loop.js';
import { serveMetrics } from '../platform/web/metrics-server.js';
import { createMetrics } from './metrics.js';
import type { Ports } from './ports.js';
import { TraefikProbe } from './probe.js';
import { RedisQueue } from './queue.js';
import { PostgresStore } from './store.js';

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

export async function startManager({ settings, log, wrap = (ports) => ports }: ManagerOptions): Promise<Manager> {
  const profiles = await readProfiles(settings);
  const { telemetry, registry } = createMetrics();
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
  const live = new LiveSettingsWatch({ consul, prefix: settings.OBSERVATORY_CONSUL_PREFIX, pools: profiles, log });
  const loop = new Loop({
    ports,
    settings,
    profiles,
    live: () => live.current(),
    refusals: () => live.refusals(),
    log,
    telemetry,
    // Without the live settings, a pass could start what they forbid and open what they pause.
    term: () => (leader.leads() && live.known ? term : undefined),
    onOutdated: () => {
      leader.resign();
    },
  });
  const stopping = new AbortController();

  subscriber.on('ready', () => {
    subscriber.subscribe(keys.nudge).catch(warn('no nudges from Redis; the timer goes on'));
  });
  subscriber.on('message', () => {
    loop.nudge();
  });
  live.onChange(() => {
    loop.nudge();
  });
  const listen = settings.OBSERVATORY_MANAGER_LISTEN;
  const metrics = listen === undefined ? undefined : await serveMetrics(listen, registry, () => loop.turns);
  await live.start();
  leader.start();
  loop.start();
  const parents = profiles.map(({ job }) => job);
  const following = followEvents(nomad, {
    parents,
    nudge: () => {
      loop.nudge();
    },
    log,
    signal: stopping.signal,
  });

  return {
    async stop() {
      stopping.abort();
      live.stop();
      await Promise.all([loop.stop(), following, metrics?.stop()]);
      await leader.stop();
      redis.disconnect();
      subscriber.disconnect();
      nomad.close();
      consul.close();
      await database.end();
    },
  };
}
