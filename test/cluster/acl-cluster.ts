import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findOnPath } from '../../src/local/binaries.js';
import { Cache } from '../../src/local/cache.js';
import { Cleanup } from '../../src/local/cleanup.js';
import { startServices } from '../../src/local/index.js';
import { jupyterEnvironment } from '../../src/local/jupyter.js';
import { freePort } from '../../src/local/ports.js';
import { ManagedProcess } from '../../src/local/process.js';
import { findTraefik } from '../../src/local/traefik.js';
import { packageRoot } from '../../src/platform/root.js';
import { poll } from '../poll.js';

export const NAMESPACE = 'observatory';

/** A stand-in runs no service jobs and has no Nomad variables: this takes a real Nomad. */
export const nomadOnPath = (): string | undefined => findOnPath(['nomad']);

type Items = Record<string, string>;

/** A cluster of one node as an infra team has it: real Nomad and real Consul, both denying all that no policy allows. */
export class AclCluster {
  readonly cache = new Cache(undefined, () => undefined);
  readonly cleanup = new Cleanup();
  readonly consulRoot = '5f0c7d4e-0000-4000-8000-000000000002';
  readonly secret = randomBytes(32).toString('hex');
  runDir = '';
  nomad = '';
  nomadRoot = '';
  consul = '';
  databaseUrl = '';
  redisUrl = '';
  publicUrl = '';
  adminUrl = '';
  varFile = '';

  static async start(): Promise<AclCluster> {
    const cluster = new AclCluster();
    try {
      await cluster.startAll();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.cleanup.stopAll();
    await rm(this.runDir, { recursive: true, force: true });
  }

  private async startAll(): Promise<void> {
    this.runDir = await mkdtemp(path.join(tmpdir(), 'observatory-cluster-'));
    const acl = {
      enabled: true,
      default_policy: 'deny',
      tokens: { master: this.consulRoot, agent: this.consulRoot },
    };
    const services = await startServices({
      runDir: this.runDir,
      only: ['postgres', 'redis', 'consul'],
      cleanup: this.cleanup,
      consul: { acl },
    });
    this.consul = services.environment['CONSUL_HTTP_ADDR']!;
    this.databaseUrl = services.environment['DATABASE_URL']!;
    this.redisUrl = services.environment['REDIS_URL']!;
    await this.startNomad();
    await this.writeVariables();
  }

  private async startNomad(): Promise<void> {
    const [http, rpc, serf] = [await freePort(), await freePort(), await freePort()];
    const configuration = {
      bind_addr: '127.0.0.1',
      ports: { http, rpc, serf },
      acl: { enabled: true },
      consul: { address: new URL(this.consul).host, token: await this.consulToken('nomad-agent') },
      plugin: { raw_exec: { config: { enabled: true } } },
    };
    const file = path.join(this.runDir, 'nomad.json');
    await writeFile(file, JSON.stringify(configuration), { mode: 0o600 });
    const agent = await ManagedProcess.start(
      {
        name: 'nomad',
        command: nomadOnPath()!,
        args: ['agent', '-dev', `-config=${file}`],
        logDir: path.join(this.runDir, 'logs'),
        stopSignal: 'SIGINT',
      },
      this.cleanup,
    );
    this.nomad = `http://127.0.0.1:${http}`;
    await agent.waitUntilReady(async () => (await fetch(`${this.nomad}/v1/agent/health`)).ok, 60_000);
    this.nomadRoot = await poll(
      'Nomad gives its first token',
      async () => {
        const response = await fetch(`${this.nomad}/v1/acl/bootstrap`, { method: 'POST' });
        return response.ok && ((await response.json()) as { SecretID: string }).SecretID;
      },
      30,
    );
  }

  private async writeVariables(): Promise<void> {
    const [publicPort, adminPort] = [await freePort(), await freePort()];
    const [jupyter, traefik] = [await jupyterEnvironment(this.cache), await findTraefik(this.cache)];
    this.publicUrl = `http://127.0.0.1:${publicPort}`;
    this.adminUrl = `http://127.0.0.1:${adminPort}`;
    this.varFile = path.join(this.runDir, 'observatory.vars.hcl');
    const program = [
      process.execPath,
      '--import',
      import.meta.resolve('tsx'),
      path.join(packageRoot, 'src/cli/main.ts'),
    ];
    const values = {
      driver: 'raw_exec',
      observatory: program,
      python: jupyter.python,
      instance_dir: path.join(packageRoot, 'instance'),
      traefik: traefik.path,
      public_url: this.publicUrl,
      public_port: publicPort,
      admin_port: adminPort,
      traefik_throttle: '200ms',
      nomad_addr: this.nomad,
      consul_addr: this.consul,
      pool_min: 1,
      min_healthy_time: '1s',
    };
    const lines = Object.entries(values).map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`);
    await writeFile(this.varFile, lines.join(''));
  }

  /** The environment of whoever runs `observatory deploy` with this token. */
  operator(token: string | undefined): Record<string, string> {
    return {
      NOMAD_ADDR: this.nomad,
      NOMAD_NAMESPACE: NAMESPACE,
      ...(token === undefined ? {} : { NOMAD_TOKEN: token }),
    };
  }

  async createNamespace(): Promise<void> {
    await this.nomadCall('PUT', `/v1/namespace/${NAMESPACE}`, { Name: NAMESPACE });
  }

  /** A Nomad token with the policy of that file in jobs/policies/. */
  async nomadToken(policy: string): Promise<string> {
    const Rules = await readFile(path.join(packageRoot, `jobs/policies/${policy}.hcl`), 'utf8');
    const Name = `observatory-${policy}`;
    await this.nomadCall('PUT', `/v1/acl/policy/${Name}`, { Name, Rules });
    return (await this.nomadCall<{ SecretID: string }>('PUT', '/v1/acl/token', { Type: 'client', Policies: [Name] }))
      .SecretID;
  }

  /** A Consul token with the policy of that file in consul/policies/. */
  async consulToken(policy: string): Promise<string> {
    const Rules = await readFile(path.join(packageRoot, `consul/policies/${policy}.hcl`), 'utf8');
    await poll(
      `Consul takes the policy ${policy}`,
      async () => {
        const response = await this.consulCall('PUT', '/v1/acl/policy', { Name: policy, Rules });
        return response.ok;
      },
      30,
    );
    const response = await this.consulCall('PUT', '/v1/acl/token', { Policies: [{ Name: policy }] });
    return ((await response.json()) as { SecretID: string }).SecretID;
  }

  /** What an operator puts into Nomad before the first deployment. */
  async putSecrets(): Promise<void> {
    const shared = { DATABASE_URL: this.databaseUrl, REDIS_URL: this.redisUrl, OBSERVATORY_SECRET: this.secret };
    await this.putVariable('web', { ...shared, CONSUL_HTTP_TOKEN: await this.consulToken('web') });
    await this.putVariable('manager', {
      ...shared,
      NOMAD_TOKEN: await this.nomadToken('manager'),
      CONSUL_HTTP_TOKEN: await this.consulToken('manager'),
    });
    await this.putVariable('traefik', { CONSUL_HTTP_TOKEN: await this.consulToken('traefik') });
  }

  async putVariable(part: string, Items: Items): Promise<void> {
    const Path = `nomad/jobs/observatory-${part}`;
    await this.nomadCall('PUT', `/v1/var/${Path}?namespace=${NAMESPACE}`, { Namespace: NAMESPACE, Path, Items });
  }

  async nomadCall<T>(method: string, route: string, body?: object): Promise<T> {
    const init = { method, headers: { 'X-Nomad-Token': this.nomadRoot }, ...(body && { body: JSON.stringify(body) }) };
    const response = await fetch(`${this.nomad}${route}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  private consulCall(method: string, route: string, body: object): Promise<Response> {
    const headers = { 'X-Consul-Token': this.consulRoot };
    return fetch(`${this.consul}${route}`, { method, headers, body: JSON.stringify(body) });
  }
}
