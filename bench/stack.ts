import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cache } from '../src/local/cache.js';
import { type Cleanup, withCleanup } from '../src/local/cleanup.js';
import { startServices } from '../src/local/index.js';
import { type NomadService, startNomad } from '../src/local/nomad-service.js';
import { type Manager, startManager } from '../src/manager/index.js';
import { AdaptiveLimit, inParallel } from '../src/manager/parallel.js';
import type { Ports } from '../src/manager/ports.js';
import { ConsulClient } from '../src/platform/consul.js';
import { createLogger } from '../src/platform/log.js';
import { Nomad } from '../src/platform/nomad/client.js';
import { openDatabase } from '../src/platform/postgres/database.js';
import { migrate } from '../src/platform/postgres/migrate.js';
import type { PassReport } from '../src/platform/pass-report.js';
import { readSettings, type Settings } from '../src/platform/settings.js';

export const PARENT = 'observatory-bench';
const PREFIX = 'observatory-bench';

export interface BenchManager extends Manager {
  /** Sets the pool to nothing and waits until the manager has ended all. */
  empty(): Promise<void>;
}

/** Real services around a manager; Nomad is the real one where there is one, else the stand-in. */
export interface Bench {
  readonly nomad: Nomad;
  readonly service: NomadService;
  readonly settings: Settings;
  /** The pool's least, set live as an operator would. */
  setPool(size: number): Promise<void>;
  /** A manager that leads and has nothing to do; `onPass` hears of each of its passes. */
  manager(onPass: (report: PassReport) => void): Promise<BenchManager>;
  /** Children whose allocation Nomad says is running. */
  running(): Promise<number>;
  /** Stops every child and waits until Nomad says that nothing of them runs. */
  clear(): Promise<void>;
}

export async function withBench<T>(work: (bench: Bench) => Promise<T>): Promise<T> {
  const runDir = await mkdtemp(path.join(tmpdir(), 'observatory-bench-'));
  let result: T | undefined;
  try {
    await withCleanup(async (cleanup) => {
      result = await work(await start(runDir, cleanup));
    });
  } finally {
    await rm(runDir, { recursive: true, force: true });
  }
  return result!;
}

async function start(runDir: string, cleanup: Cleanup): Promise<Bench> {
  const progress = (line: string) => {
    console.log(line);
  };
  const services = await startServices({ runDir, only: ['postgres', 'redis', 'consul'], cleanup, log: progress });
  const cache = new Cache(undefined, progress);
  const consulUrl = services.environment['CONSUL_HTTP_ADDR'] ?? '';
  const service = await startNomad({ runDir, cache, cleanup, progress }, consulUrl);
  console.log(`nomad     ready  ${service.address}  (${service.source})`);
  const settings = readSettings({
    ...services.environment,
    NOMAD_ADDR: service.address,
    OBSERVATORY_PUBLIC_URL: 'http://127.0.0.1:1',
    OBSERVATORY_SECRET: 'a secret of the benchmark, used nowhere else',
    OBSERVATORY_INSTANCE_JOB: PARENT,
    OBSERVATORY_INSTANCE_JOB_FILE: 'none',
    OBSERVATORY_CONSUL_PREFIX: PREFIX,
    OBSERVATORY_POOL_MIN: '0',
    OBSERVATORY_POOL_MAX: '2000',
    OBSERVATORY_MAX_INSTANCES: '2000',
    OBSERVATORY_BOOT_SECONDS: '600',
    OBSERVATORY_PASS_SECONDS: '1',
  });
  const database = openDatabase(settings.DATABASE_URL, () => undefined);
  await migrate(database);
  await database.end();
  const nomad = new Nomad(settings);
  const consul = new ConsulClient(settings);
  await nomad.register(parentJob());
  // Before Nomad itself is ended, which leaves what it runs alive.
  cleanup.add({ name: 'instances', stop: () => clear(nomad) });
  const running = async () =>
    (await nomad.liveAllocations([PARENT])).filter(({ ClientStatus }) => ClientStatus === 'running').length;
  const setPool = (size: number) => consul.setKey(`${PREFIX}/pool/default/min`, String(size));
  return {
    nomad,
    service,
    settings,
    running,
    setPool,
    manager: (onPass) => leadingManager(settings, onPass, setPool),
    clear: () => clear(nomad),
  };
}

async function clear(nomad: Nomad): Promise<void> {
  const children = (await nomad.liveJobs([PARENT])).map(({ ID }) => ID).filter((id) => id !== PARENT);
  await inParallel(children, new AdaptiveLimit(), (id) => nomad.stop(id));
  while ((await nomad.liveAllocations([PARENT])).length > 0) await sleep(100);
}

async function leadingManager(
  settings: Settings,
  onPass: (report: PassReport) => void,
  setPool: Bench['setPool'],
): Promise<BenchManager> {
  let onIdle = (): void => undefined;
  const idle = () => new Promise<void>((resolve) => (onIdle = resolve));
  const wrap = (ports: Ports): Ports => ({
    ...ports,
    // Nothing listens behind these instances, and Traefik is not what is measured.
    probe: { reaches: () => Promise.resolve(true) },
    store: Object.assign(Object.create(ports.store) as Ports['store'], {
      report: (term: number, report: PassReport) => {
        onPass(report);
        const [pool] = report.pools;
        const alive = pool === undefined ? 0 : pool.booting + pool.ready + pool.retiring + pool.failed;
        if (alive === 0 && Object.keys(report.actions).length === 0) onIdle();
        return ports.store.report(term, report);
      },
    }),
  });
  const leading = idle();
  const manager = await startManager({ settings, log: createLogger('manager', 'error'), wrap });
  await leading;
  return {
    ...manager,
    async empty() {
      await setPool(0);
      await idle();
    },
  };
}

/** Up at once, with a service that has no check: what is measured is the way there, not the start of a server. */
function parentJob() {
  const task = {
    Name: 'server',
    Driver: 'raw_exec',
    Config: { command: '/bin/sleep', args: ['3600'] },
    Resources: { CPU: 1, MemoryMB: 10 },
    LogConfig: { MaxFiles: 1, MaxFileSizeMB: 1 },
    KillTimeout: 1e9,
  };
  const tag = 'traefik.http.routers.i-${NOMAD_META_instance_id}.rule=PathPrefix(`/`)';
  const group = {
    Name: 'instance',
    Count: 1,
    EphemeralDisk: { SizeMB: 10 },
    RestartPolicy: { Attempts: 0, Mode: 'fail' },
    ReschedulePolicy: { Attempts: 0, Unlimited: false },
    Networks: [{ DynamicPorts: [{ Label: 'http' }] }],
    Services: [{ Name: PARENT, PortLabel: 'http', Tags: [tag] }],
    Tasks: [task],
  };
  const ParameterizedJob = {
    Payload: 'forbidden',
    MetaRequired: ['instance_id', 'token_hash'],
    MetaOptional: ['profile'],
  };
  return { ID: PARENT, Name: PARENT, Type: 'batch', Datacenters: ['*'], ParameterizedJob, TaskGroups: [group] };
}
