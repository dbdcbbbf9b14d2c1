import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Nomad } from '../platform/nomad/client.js';
import { readSettings } from '../platform/settings.js';
import { Cache, type Progress } from './cache.js';
import type { Cleanup } from './cleanup.js';
import { answers } from './http-probe.js';
import { startServices } from './index.js';
import { jupyterEnvironment } from './jupyter.js';
import { type NomadService, startNomad } from './nomad-service.js';
import { packageRoot } from '../platform/root.js';
import { ManagedProcess } from './process.js';

export interface Stack {
  /** Settings for every process of the platform. */
  readonly environment: Readonly<Record<string, string>>;
  readonly nomad: NomadService;
  readonly publicUrl: string;
  readonly traefikAdminUrl: string | undefined;
  readonly logDir: string;
}

export interface StackOptions {
  readonly runDir: string;
  readonly cleanup: Cleanup;
  readonly poolSize: number;
  readonly log: Progress;
}

/** Everything that the platform stands on, on this machine; its own processes are started by `startProcess`. */
export async function startStack({ runDir, cleanup, poolSize, log }: StackOptions): Promise<Stack> {
  mkdirSync(runDir, { recursive: true });
  const cache = new Cache(undefined, log);
  const [services, jupyter] = await Promise.all([startServices({ runDir, log, cleanup }), jupyterEnvironment(cache)]);
  const consulUrl = required(services.environment, 'CONSUL_HTTP_ADDR');
  const nomad = await startNomad({ runDir, cache, cleanup, progress: log }, consulUrl);
  log(`nomad     ready  ${nomad.address}  (${nomad.source})`);

  // Names of this run alone: the Nomad and the Consul may be shared with others.
  const run = randomBytes(4).toString('hex');
  const job = `observatory-instance-${run}`;
  const vars = path.join(runDir, 'instance.vars.hcl');
  writeFileSync(vars, instanceVariables({ job, python: jupyter.python }));
  const environment = {
    ...services.environment,
    NOMAD_ADDR: nomad.address,
    OBSERVATORY_WEB_NOMAD_ADDR: nomad.address,
    OBSERVATORY_SECRET: randomBytes(32).toString('hex'),
    OBSERVATORY_POOL_MIN: String(poolSize),
    OBSERVATORY_PASS_SECONDS: '1',
    OBSERVATORY_INSTANCE_JOB: job,
    OBSERVATORY_INSTANCE_JOB_FILE: path.join(packageRoot, 'jobs/instance.nomad.hcl'),
    OBSERVATORY_INSTANCE_VARS: vars,
    OBSERVATORY_CONSUL_PREFIX: `observatory/${run}`,
  };
  cleanup.add({ name: 'instances', stop: () => stopInstances({ ...process.env, ...environment }, job) });
  return {
    environment,
    nomad,
    publicUrl: required(services.environment, 'OBSERVATORY_PUBLIC_URL'),
    traefikAdminUrl: services.traefikAdminUrl,
    logDir: path.join(runDir, 'logs'),
  };
}

/** Starts `observatory <command>` as a process of its own, as a cluster would. */
export async function startProcess(
  stack: Pick<Stack, 'environment' | 'publicUrl' | 'logDir'>,
  cleanup: Cleanup,
  command: 'web' | 'manager',
): Promise<ManagedProcess> {
  const running = await ManagedProcess.start(
    {
      name: command,
      command: process.execPath,
      args: ['--import', 'tsx', path.join(packageRoot, 'src/cli/main.ts'), command],
      logDir: stack.logDir,
      cwd: packageRoot,
      env: { ...process.env, ...stack.environment },
    },
    cleanup,
  );
  if (command === 'web') await running.waitUntilReady(() => answers(`${stack.publicUrl}/readyz`));
  return running;
}

function instanceVariables({ job, python }: { job: string; python: string }): string {
  const values = {
    job_id: job,
    service: job,
    driver: 'raw_exec',
    python,
    instance_dir: path.join(packageRoot, 'instance'),
    namespace: process.env.NOMAD_NAMESPACE ?? 'default',
    check_interval: '1s',
    // Of the 512 MHz that a cluster gives, a machine of two cores has room for seven; here they share what there is.
    cpu: 100,
  };
  return hclVariables(values);
}

/** A file of values for a job file's variables. */
export function hclVariables(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`)
    .join('');
}

/** Leaves nothing running in a Nomad that goes on after us, and tells the job's end from its processes' end. */
export async function stopInstances(environment: NodeJS.ProcessEnv, job: string): Promise<void> {
  const nomad = new Nomad(readSettings(environment));
  try {
    for (const { ID } of await nomad.liveJobs([job])) await nomad.stop(ID);
    const deadline = Date.now() + 8_000;
    while (Date.now() < deadline) {
      if ((await nomad.liveAllocations([job])).length === 0) return;
      await sleep(100);
    }
  } finally {
    nomad.close();
  }
}

function required(environment: Readonly<Record<string, string>>, name: string): string {
  const value = environment[name];
  if (value === undefined) throw new Error(`the services did not give ${name}`);
  return value;
}
