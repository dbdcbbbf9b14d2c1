import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Redis } from 'ioredis';
import { prepareDatabase } from '../../../src/cli/demo.js';
import { Cache } from '../../../src/local/cache.js';
import { Cleanup } from '../../../src/local/cleanup.js';
import { jupyterEnvironment } from '../../../src/local/jupyter.js';
import { freePort } from '../../../src/local/ports.js';
import { startPostgres } from '../../../src/local/postgres.js';
import type { ManagedProcess } from '../../../src/local/process.js';
import { startRedis } from '../../../src/local/redis.js';
import type { RunContext, Service } from '../../../src/local/service.js';
import { hclVariables, startProcess, stopInstances } from '../../../src/local/stack.js';
import { startTraefik } from '../../../src/local/traefik.js';
import type { Database } from '../../../src/platform/postgres/database.js';
import { openRedis } from '../../../src/platform/redis.js';
import { packageRoot } from '../../../src/platform/root.js';
import { startConsulServer } from './consul-server.js';
import { Managers } from './managers.js';
import { NomadAgent } from './nomad-agent.js';
import { NomadProxy } from './nomad-proxy.js';

export interface FaultStackOptions {
  /** Warm instances; 2 unless said otherwise. */
  readonly pool?: number;
  readonly maxInstances?: number;
  /** What Nomad may place in all. */
  readonly memoryMB?: number;
  /** Real Jupyter servers instead of servers that are up at once. */
  readonly jupyter?: boolean;
}

export type Behaviour = 'healthy' | 'unhealthy' | 'dies';

interface Parts {
  readonly runDir: string;
  readonly cleanup: Cleanup;
  readonly database: Database;
  readonly redis: Redis;
  readonly services: Readonly<Record<'postgres' | 'redis' | 'consul' | 'traefik', Service>>;
  readonly nomad: NomadAgent;
  readonly nomadProxy: NomadProxy;
  readonly web: ManagedProcess;
  readonly managers: Managers;
  readonly job: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** All parts around the managers, real and with data that outlives their crash. What it starts, `stop` ends. */
export class FaultStack {
  private constructor(readonly parts: Parts) {}

  static async start(options: FaultStackOptions = {}): Promise<FaultStack> {
    const runDir = await realpath(await mkdtemp(path.join(tmpdir(), 'observatory-faults-')));
    const cleanup = new Cleanup();
    cleanup.add({ name: 'run folder', folder: runDir, stop: () => rm(runDir, { recursive: true, force: true }) });
    try {
      return new FaultStack(await startParts(runDir, cleanup, options));
    } catch (error) {
      await cleanup.stopAll();
      throw error;
    }
  }

  get publicUrl(): string {
    return this.parts.services.traefik.address;
  }

  /** How instances behave that start from now on. */
  async instancesAre(behaviour: Behaviour): Promise<void> {
    await writeFile(path.join(this.parts.runDir, 'behaviour'), behaviour);
  }

  async stop(): Promise<void> {
    await this.parts.cleanup.stopAll().catch((error: unknown) => {
      // Mocha shows the message alone.
      throw error instanceof AggregateError ? new Error(error.errors.map(String).join('\n'), { cause: error }) : error;
    });
  }
}

async function startParts(runDir: string, cleanup: Cleanup, options: FaultStackOptions): Promise<Parts> {
  const context: RunContext = {
    runDir,
    cleanup,
    cache: new Cache(undefined, () => undefined),
    progress: () => undefined,
  };
  const [webListen, gateListen] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const startRouted = async () => {
    const consul = await startConsulServer(context);
    const { service: traefik } = await startTraefik(context, {
      consulUrl: consul.address,
      webUrl: `http://${webListen}`,
      gateUrl: `http://${gateListen}/gate`,
    });
    return { consul, traefik, nomad: await NomadAgent.start(context, consul.address, options.memoryMB) };
  };
  const [{ consul, traefik, nomad }, postgres, redisService, vars] = await Promise.all([
    startRouted(),
    startPostgres(context),
    startRedis(context),
    instanceVariables(context, options.jupyter ?? false),
  ]);
  const nomadProxy = await NomadProxy.start(nomad.address);
  cleanup.add({ name: 'proxy', stop: () => nomadProxy.stop() });

  const job = `observatory-instance-${randomBytes(4).toString('hex')}`;
  const file = path.join(runDir, 'instance.vars.hcl');
  await writeFile(file, hclVariables({ ...vars, job_id: job, service: job }));
  const environment = {
    DATABASE_URL: postgres.address,
    REDIS_URL: redisService.address,
    CONSUL_HTTP_ADDR: consul.address,
    NOMAD_ADDR: nomadProxy.address,
    OBSERVATORY_PUBLIC_URL: traefik.address,
    OBSERVATORY_LISTEN: webListen,
    OBSERVATORY_GATE_LISTEN: gateListen,
    OBSERVATORY_TRUSTED_PROXIES: '127.0.0.1',
    OBSERVATORY_SECRET: randomBytes(32).toString('hex'),
    OBSERVATORY_POOL_MIN: String(options.pool ?? 2),
    OBSERVATORY_POOL_MAX: String(options.pool ?? 2),
    OBSERVATORY_MAX_INSTANCES: String(options.maxInstances ?? 6),
    OBSERVATORY_PASS_SECONDS: '0.5',
    OBSERVATORY_INSTANCE_JOB: job,
    OBSERVATORY_INSTANCE_JOB_FILE: path.join(packageRoot, 'jobs/instance.nomad.hcl'),
    OBSERVATORY_INSTANCE_VARS: file,
    OBSERVATORY_LOG_LEVEL: 'debug',
  };
  const stack = {
    environment,
    nomad: { address: nomad.address, source: 'path' as const },
    publicUrl: traefik.address,
    traefikAdminUrl: undefined,
    logDir: path.join(runDir, 'logs'),
  };
  const database = await prepareDatabase(stack, cleanup);
  const web = await startProcess(stack, cleanup, 'web');
  const redis = openRedis(redisService.address, () => undefined);
  cleanup.add({ name: 'redis client', stop: () => Promise.resolve(redis.disconnect()) });
  await once(redis, 'ready');
  // Not by way of the proxy, and before Nomad itself is ended: one that keeps its tasks would leave them running.
  cleanup.add({ name: 'instances', stop: () => stopInstances({ ...environment, NOMAD_ADDR: nomad.address }, job) });
  const managers = new Managers(environment, consul.address, path.join(runDir, 'logs'), cleanup);
  const services = { postgres, redis: redisService, consul, traefik };
  return { runDir, cleanup, database, redis, services, nomad, nomadProxy, web, managers, job, environment };
}

/** The job file is the one for clusters; only what it starts is ours. */
async function instanceVariables({ runDir, cache }: RunContext, jupyter: boolean): Promise<Record<string, string>> {
  const behaviour = path.join(runDir, 'behaviour');
  await writeFile(behaviour, 'healthy');
  const program = path.join(runDir, 'instance');
  const quoted = [process.execPath, path.join(import.meta.dirname, 'instance.mjs'), behaviour].map(
    (part) => `'${part}'`,
  );
  await writeFile(program, `#!/bin/sh\nexec ${quoted.join(' ')}\n`);
  await chmod(program, 0o755);
  return {
    driver: 'raw_exec',
    python: jupyter ? (await jupyterEnvironment(cache)).python : program,
    instance_dir: path.join(packageRoot, 'instance'),
    check_interval: '1s',
    // A small machine has room for forty.
    cpu: '50',
  };
}
