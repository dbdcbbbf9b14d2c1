import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { startWeb } from '../../src/cli/web.js';
import type { Result } from '../../src/doctor/check.js';
import { examineAll } from '../../src/doctor/index.js';
import { Cache } from '../../src/local/cache.js';
import { Cleanup } from '../../src/local/cleanup.js';
import { type LocalServices, startServices } from '../../src/local/index.js';
import { jupyterEnvironment } from '../../src/local/jupyter.js';
import { hclVariables } from '../../src/local/stack.js';
import { openDatabase } from '../../src/platform/postgres/database.js';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { packageRoot } from '../../src/platform/root.js';
import { readSettings } from '../../src/platform/settings.js';
import { poll } from '../poll.js';
import { least, MANAGEMENT, nomads, type NomadUnderTest, registerJob } from './nomads.js';

/** May everything in Consul. */
const CONSUL_ROOT = '5f0c7d4e-0000-4000-8000-000000000001';
const PARENT = 'observatory-instance';
const jobFile = path.join(packageRoot, 'jobs/instance.nomad.hcl');

/** All that the Observatory stands on, real, with ACLs that deny what nobody allowed, and a web app; without a manager. */
export class DoctorStack {
  private constructor(
    readonly runDir: string,
    readonly services: LocalServices,
    readonly nomad: NomadUnderTest,
    readonly environment: Readonly<Record<string, string>>,
    private readonly cleanup: Cleanup,
    private readonly variables: Readonly<Record<string, string>>,
  ) {}

  static async start(kind: keyof typeof nomads): Promise<DoctorStack> {
    const runDir = await mkdtemp(path.join(tmpdir(), 'observatory-doctor-'));
    const cleanup = new Cleanup();
    const jupyter = await jupyterEnvironment(new Cache(undefined, () => undefined));
    const services = await startWithAcls(runDir, cleanup);
    const consulUrl = services.environment['CONSUL_HTTP_ADDR']!;
    const managerToken = await consulToken(consulUrl);
    const nomad = await nomads[kind]!({ runDir, cleanup, consulUrl, consulToken: CONSUL_ROOT });
    const variables = {
      driver: 'raw_exec',
      python: jupyter.python,
      instance_dir: path.join(packageRoot, 'instance'),
    };
    const vars = path.join(runDir, 'instance.vars.hcl');
    const environment = {
      ...services.environment,
      NOMAD_ADDR: nomad.address,
      NOMAD_TOKEN: await nomad.token(least),
      CONSUL_HTTP_TOKEN: managerToken,
      OBSERVATORY_SECRET: 'a secret of the doctor’s tests, 32 and more',
      OBSERVATORY_POOL_MIN: '1',
      OBSERVATORY_MAX_INSTANCES: '3',
      OBSERVATORY_INSTANCE_VARS: vars,
      OBSERVATORY_TRAEFIK_API_URL: services.traefikAdminUrl!,
    };
    const stack = new DoctorStack(runDir, services, nomad, environment, cleanup, variables);
    await stack.startWeb();
    await stack.register();
    return stack;
  }

  /** Gives Nomad the parent job, as `observatory deploy` does. */
  async register(more: Readonly<Record<string, string>> = {}): Promise<void> {
    await registerJob(this.nomad.address, jobFile, await this.writeVariables(more));
  }

  /** Only the file; the job in Nomad stays as it is. */
  async writeVariables(more: Readonly<Record<string, string>>): Promise<string> {
    const text = hclVariables({ ...this.variables, ...more });
    await writeFile(this.environment['OBSERVATORY_INSTANCE_VARS']!, text);
    return text;
  }

  /** Address of a database that nobody has migrated. */
  async emptyDatabase(): Promise<string> {
    const name = `empty_${randomBytes(4).toString('hex')}`;
    const database = openDatabase(this.environment['DATABASE_URL']!, () => undefined);
    await database.query(`create database ${name}`);
    await database.end();
    const url = new URL(this.environment['DATABASE_URL']!);
    url.pathname = name;
    return url.href;
  }

  async purgeParent(): Promise<void> {
    const headers = { 'X-Nomad-Token': MANAGEMENT };
    await fetch(`${this.nomad.address}/v1/job/${PARENT}?purge=true`, { method: 'DELETE', headers });
  }

  /** Restarts Traefik with its static configuration changed; returns what puts it back. */
  async reconfigureTraefik(change: (text: string) => string): Promise<() => Promise<void>> {
    const file = path.join(this.runDir, 'traefik/static.yaml');
    const before = await readFile(file, 'utf8');
    const after = change(before);
    if (after === before) throw new Error('nothing was changed');
    const restartWith = async (text: string) => {
      await writeFile(file, text);
      await this.services.services.traefik!.restart();
    };
    await restartWith(after);
    return () => restartWith(before);
  }

  async examine(change: Readonly<Record<string, string | undefined>> = {}, canary = true): Promise<Result[]> {
    const environment = { ...this.environment, ...change };
    return examineAll({ environment, canary, interrupt: new AbortController().signal });
  }

  /** `observatory doctor` as a process. */
  command(options: readonly string[], change: Readonly<Record<string, string>> = {}) {
    const program = path.join(packageRoot, 'src/cli/main.ts');
    const env = { PATH: process.env.PATH, ...this.environment, ...change };
    const child = spawn(process.execPath, ['--import', 'tsx', program, 'doctor', ...options], {
      cwd: packageRoot,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout }));
    const says = (words: string) => poll(words, () => Promise.resolve(stdout.includes(words)), 60);
    return { child, ended, says };
  }

  /** An instance that runs, as the manager starts one; its child job. */
  async dispatch(): Promise<string> {
    const Meta = { instance_id: '00000000d0c7', token_hash: '0'.repeat(64), profile: 'default' };
    const headers = { 'X-Nomad-Token': MANAGEMENT };
    const ask = async <T>(method: string, route: string, body?: object): Promise<T> =>
      (
        await fetch(`${this.nomad.address}${route}`, { method, headers, ...(body && { body: JSON.stringify(body) }) })
      ).json() as Promise<T>;
    const { DispatchedJobID } = await ask<{ DispatchedJobID: string }>('POST', `/v1/job/${PARENT}/dispatch`, { Meta });
    const route = `/v1/job/${encodeURIComponent(DispatchedJobID)}/allocations`;
    await poll(
      'it runs',
      async () => {
        const [allocation] = await ask<{ ClientStatus: string }[]>('GET', route);
        return allocation?.ClientStatus === 'running' ? true : undefined;
      },
      30,
    );
    return DispatchedJobID;
  }

  async stopChild(id: string): Promise<void> {
    const headers = { 'X-Nomad-Token': MANAGEMENT };
    await fetch(`${this.nomad.address}/v1/job/${encodeURIComponent(id)}`, { method: 'DELETE', headers });
  }

  /** Children of the parent that are not dead. */
  async liveChildren(): Promise<string[]> {
    const filter = encodeURIComponent(`ParentID == "${PARENT}" and Status != "dead"`);
    const headers = { 'X-Nomad-Token': MANAGEMENT };
    const answer = await fetch(`${this.nomad.address}/v1/jobs?filter=${filter}`, { headers });
    return ((await answer.json()) as { ID: string }[]).map(({ ID }) => ID);
  }

  async stop(): Promise<void> {
    await this.cleanup.stopAll();
    await rm(this.runDir, { recursive: true, force: true });
  }

  private async startWeb(): Promise<void> {
    const settings = readSettings(this.environment);
    const database = openDatabase(settings.DATABASE_URL, () => undefined);
    await migrate(database);
    await database.end();
    const web = await startWeb(settings, pino({ level: 'silent' }));
    this.cleanup.add({ name: 'web', stop: () => web.stop() });
  }
}

/** Consul denies all to whoever has no token; Traefik takes its own from its environment, as on a cluster. */
async function startWithAcls(runDir: string, cleanup: Cleanup): Promise<LocalServices> {
  const acl = { enabled: true, default_policy: 'deny', tokens: { master: CONSUL_ROOT, agent: CONSUL_ROOT } };
  const before = process.env.CONSUL_HTTP_TOKEN;
  process.env.CONSUL_HTTP_TOKEN = CONSUL_ROOT;
  try {
    return await startServices({ runDir, cleanup, consul: { acl } });
  } finally {
    if (before === undefined) delete process.env.CONSUL_HTTP_TOKEN;
    else process.env.CONSUL_HTTP_TOKEN = before;
  }
}

/** A token with the policy that consul/policies has for the manager. */
async function consulToken(consulUrl: string): Promise<string> {
  const Rules = await readFile(path.join(packageRoot, 'consul/policies/manager.hcl'), 'utf8');
  const put = (route: string, body: object): Promise<Response> =>
    fetch(`${consulUrl}${route}`, {
      method: 'PUT',
      headers: { 'X-Consul-Token': CONSUL_ROOT },
      body: JSON.stringify(body),
    });
  await poll(
    'Consul takes the policy',
    async () => (await put('/v1/acl/policy', { Name: 'manager', Rules })).status === 200,
    60,
  );
  const made = await put('/v1/acl/token', { Policies: [{ Name: 'manager' }] });
  return ((await made.json()) as { SecretID: string }).SecretID;
}
