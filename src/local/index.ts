import path from 'node:path';
import { Cache, type Progress } from './cache.js';
import { Cleanup } from './cleanup.js';
import { startConsul, type ConsulSettings } from './consul.js';
import { freePort } from './ports.js';
import { startPostgres } from './postgres.js';
import { startRedis } from './redis.js';
import type { RunContext, Service } from './service.js';
import { startTraefik } from './traefik.js';

const SERVICE_NAMES = ['postgres', 'redis', 'consul', 'traefik'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

export interface StartOptions {
  /** A folder of this run alone: data, logs, rendered configuration. It is created, and left for reading afterwards. */
  runDir: string;
  /** Told a line for each step that a person may wait for. */
  log?: Progress;
  /** Fewer than all; traefik brings consul with it. */
  only?: readonly ServiceName[];
  /** To stop these services together with others; one of their own by default. */
  cleanup?: Cleanup;
  /** Added to Consul's configuration, such as `acl`. */
  consul?: ConsulSettings;
}

export interface LocalServices {
  /** By name, those that were started. */
  services: Partial<Record<ServiceName, Service>>;
  /** Settings for the parts of the platform: DATABASE_URL, REDIS_URL, CONSUL_HTTP_ADDR, OBSERVATORY_PUBLIC_URL, … */
  environment: Record<string, string>;
  /** Where the web app is expected to listen, `host:port`: Traefik sends there what no instance claims. */
  webListen: string;
  /** Where the gate is expected to listen. */
  gateListen: string;
  traefikAdminUrl: string | undefined;
  cleanup: Cleanup;
  /** Stops everything on the list of `cleanup`, last started first. */
  stop(): Promise<void>;
}

/** Starts the real services that the platform needs on this machine, except those that the environment names. */
export async function startServices(options: StartOptions): Promise<LocalServices> {
  const { log = () => undefined, only = SERVICE_NAMES, cleanup = new Cleanup() } = options;
  const cache = new Cache(undefined, log);
  const context: RunContext = { runDir: path.resolve(options.runDir), cache, cleanup, progress: log };
  const [webListen, gateListen] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const services: LocalServices['services'] = {};
  const wanted = new Set(only);
  let traefikAdminUrl: string | undefined;

  const start = async (name: ServiceName, starting: () => Promise<Service>) => {
    const since = performance.now();
    const service = await starting();
    services[name] = service;
    log(`${name.padEnd(9)} ${describe(service, (performance.now() - since) / 1000)}`);
    return service;
  };
  const startRouting = async () => {
    const consul = await start('consul', () => startConsul(context, options.consul));
    if (!wanted.has('traefik')) return;
    await start('traefik', async () => {
      const traefik = await startTraefik(context, {
        consulUrl: consul.address,
        webUrl: `http://${webListen}`,
        gateUrl: `http://${gateListen}/gate`,
      });
      traefikAdminUrl = traefik.adminUrl;
      return traefik.service;
    });
  };
  const starts: Promise<unknown>[] = [];
  if (wanted.has('postgres')) starts.push(start('postgres', () => startPostgres(context)));
  if (wanted.has('redis')) starts.push(start('redis', () => startRedis(context)));
  if (wanted.has('consul') || wanted.has('traefik')) starts.push(startRouting());

  const failure = (await Promise.allSettled(starts)).find((result) => result.status === 'rejected');
  if (failure !== undefined) {
    await cleanup.stopAll();
    throw failure.reason;
  }
  const environment = environmentFor(services, webListen, gateListen);
  return { services, environment, webListen, gateListen, traefikAdminUrl, cleanup, stop: () => cleanup.stopAll() };
}

function environmentFor(
  services: LocalServices['services'],
  webListen: string,
  gateListen: string,
): Record<string, string> {
  const settings = {
    DATABASE_URL: services.postgres?.address,
    REDIS_URL: services.redis?.address,
    CONSUL_HTTP_ADDR: services.consul?.address,
    OBSERVATORY_PUBLIC_URL: services.traefik?.address,
    OBSERVATORY_LISTEN: webListen,
    OBSERVATORY_GATE_LISTEN: gateListen,
    OBSERVATORY_TRUSTED_PROXIES: '127.0.0.1',
  };
  return Object.fromEntries(
    Object.entries(settings).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function describe({ address, source, fresh }: Service, seconds: number): string {
  const origin = fresh
    ? 'downloaded'
    : { environment: 'from the environment', path: 'installed', cache: 'cached' }[source];
  const withoutPassword = address.replace(/:[^:/@]*@/, ':…@');
  return `ready  ${withoutPassword}  (${origin}, ${seconds.toFixed(1)} s)`;
}
