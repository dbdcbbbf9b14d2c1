import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import axios from 'axios';
import { findOnPath } from '../../src/local/binaries.js';
import { Cache } from '../../src/local/cache.js';
import { Cleanup } from '../../src/local/cleanup.js';
import { startServices } from '../../src/local/index.js';
import { jupyterEnvironment } from '../../src/local/jupyter.js';
import { freePort } from '../../src/local/ports.js';
import { findTraefik } from '../../src/local/traefik.js';
import { packageRoot } from '../../src/platform/root.js';
import { poll } from '../poll.js';
import { CONSUL_ROOT, type Agents, startAgents } from './agents.js';
import { type Certificates, makeCertificates } from './certificates.js';
import { fromSource } from './observatory.js';

export const NAMESPACE = 'observatory';

const given = ['CONSUL_HTTP_ADDR', 'DATABASE_URL', 'REDIS_URL'].filter((name) => process.env[name]);

/** A stand-in runs no service jobs and has no Nomad variables: this takes a real Nomad. Says so when it is not there. */
export function unlessClusterCanStart(): boolean {
  const nomad = findOnPath(['nomad']);
  if (nomad !== undefined && given.length === 0) return false;
  const reason =
    nomad === undefined
      ? 'there is no nomad on the PATH, and a stand-in runs no service jobs'
      : `it starts services of its own, but the environment gives ${given.join(', ')}`;
  console.log(`    skipped: ${reason}`);
  return true;
}

type Items = Record<string, string>;

/** A cluster of one node as an infra team has it: real Nomad and real Consul, both denying all that no policy allows. */
export class AclCluster {
  readonly cache = new Cache(undefined, () => undefined);
  readonly cleanup = new Cleanup();
  private readonly secret = randomBytes(32).toString('hex');
  runDir = '';
  /** With mutual TLS: what all of this cluster show each other. */
  certificates: Certificates | undefined;
  databaseUrl = '';
  publicUrl = '';
  private redisUrl = '';
  private nomadRoot = '';
  private agents!: Agents;
  private values: Readonly<Record<string, unknown>> = {};

  static async start({ tls = false } = {}): Promise<AclCluster> {
    const cluster = new AclCluster();
    try {
      await cluster.startAll(tls);
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

  private async startAll(tls: boolean): Promise<void> {
    this.runDir = await mkdtemp(path.join(tmpdir(), 'observatory-cluster-'));
    const { runDir, cleanup, cache } = this;
    if (tls) this.certificates = await makeCertificates(path.join(runDir, 'tls'));
    const services = await startServices({ runDir, only: ['postgres', 'redis'], cleanup });
    this.databaseUrl = services.environment['DATABASE_URL']!;
    this.redisUrl = services.environment['REDIS_URL']!;
    const consulToken = () => this.consulToken('nomad-agent');
    const known = (agents: Agents) => {
      this.agents = agents;
    };
    await startAgents({ runDir, cleanup, cache, certificates: this.certificates, consulToken, known });
    this.nomadRoot = await poll(
      'Nomad gives its first token',
      async () => {
        // It does not listen at once.
        const answer = await this.http<{ SecretID: string }>(this.agents.nomad, 'POST', '/v1/acl/bootstrap').catch(
          () => undefined,
        );
        return answer?.status === 200 && answer.data.SecretID;
      },
      30,
    );
    // Before the agent is ended, which has no time for tasks that take theirs and would leave them running.
    cleanup.add({ name: 'jobs', stop: () => this.stopJobs() });
    await this.chooseValues();
  }

  private async stopJobs(): Promise<void> {
    const jobs = await this.nomad<{ ID: string; Namespace: string }[]>('GET', '/v1/jobs?namespace=*');
    for (const { ID, Namespace } of jobs)
      await this.nomad('DELETE', `/v1/job/${encodeURIComponent(ID)}?namespace=${Namespace}`);
    await poll(
      'every task has ended',
      async () => {
        const allocations = await this.nomad<{ ClientStatus: string }[]>('GET', '/v1/allocations?namespace=*');
        return allocations.every(({ ClientStatus }) => ClientStatus !== 'running' && ClientStatus !== 'pending');
      },
      30,
    );
  }

  private async chooseValues(): Promise<void> {
    const [publicPort, adminPort, redirectPort] = [await freePort(), await freePort(), await freePort()];
    const [jupyter, traefik] = [await jupyterEnvironment(this.cache), await findTraefik(this.cache)];
    const { certificates, agents } = this;
    this.publicUrl = `${certificates ? 'https' : 'http'}://127.0.0.1:${publicPort}`;
    this.values = {
      driver: 'raw_exec',
      // The authority of this run is known to nobody else, so web and manager are told.
      observatory: [...(certificates ? [`NODE_EXTRA_CA_CERTS=${certificates.files.ca}`] : []), ...fromSource],
      python: jupyter.python,
      instance_dir: path.join(packageRoot, 'instance'),
      traefik: traefik.path,
      public_url: this.publicUrl,
      public_port: publicPort,
      admin_port: adminPort,
      redirect_port: redirectPort,
      traefik_throttle: '200ms',
      nomad_addr: agents.nomad,
      consul_addr: agents.consul,
      ...(certificates ? { nomad_tls: true, consul_tls: true, tls: 'files' } : {}),
      pool_min: 1,
      min_healthy_time: '1s',
    };
  }

  /** A value that this machine gives to a job file's variable. */
  value(name: string): string {
    return String(this.values[name]);
  }

  /** A file of values for the job files' variables, as this machine needs them. */
  async varFile(changes: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const file = path.join(this.runDir, `${randomBytes(4).toString('hex')}.vars.hcl`);
    const lines = Object.entries({ ...this.values, ...changes }).map(
      ([name, value]) => `${name} = ${JSON.stringify(value)}\n`,
    );
    await writeFile(file, lines.join(''));
    return file;
  }

  /** The environment of whoever runs `observatory deploy` with this token. */
  operator(token: string): Record<string, string> {
    const files = this.certificates?.files;
    const tls = files && { NOMAD_CACERT: files.ca, NOMAD_CLIENT_CERT: files.cert, NOMAD_CLIENT_KEY: files.key };
    return { NOMAD_ADDR: this.agents.nomad, NOMAD_NAMESPACE: NAMESPACE, NOMAD_TOKEN: token, ...tls };
  }

  async createNamespace(): Promise<void> {
    await this.nomad('PUT', `/v1/namespace/${NAMESPACE}`, { Name: NAMESPACE });
  }

  /** A Nomad token with the policy of that file in jobs/policies/. */
  async nomadToken(policy: string): Promise<string> {
    const Rules = await readFile(path.join(packageRoot, `jobs/policies/${policy}.hcl`), 'utf8');
    const Name = `observatory-${policy}`;
    await this.nomad('PUT', `/v1/acl/policy/${Name}`, { Name, Rules });
    const token = { Type: 'client', Policies: [Name] };
    return (await this.nomad<{ SecretID: string }>('PUT', '/v1/acl/token', token)).SecretID;
  }

  /** A Consul token with the policy of that file in consul/policies/. */
  async consulToken(policy: string): Promise<string> {
    const Rules = await readFile(path.join(packageRoot, `consul/policies/${policy}.hcl`), 'utf8');
    const put = async <T>(route: string, body: object) => this.http<T>(this.agents.consul, 'PUT', route, body);
    await poll(
      `Consul takes the policy ${policy}`,
      async () => (await put('/v1/acl/policy', { Name: policy, Rules }).catch(() => undefined))?.status === 200,
      30,
    );
    return (await put<{ SecretID: string }>('/v1/acl/token', { Policies: [{ Name: policy }] })).data.SecretID;
  }

  /** What an operator puts into Nomad before the first deployment. */
  async putSecrets(): Promise<void> {
    const texts = this.certificates?.texts;
    const shown = (of: string): Items =>
      texts ? { [`${of}_CACERT`]: texts.ca, [`${of}_CLIENT_CERT`]: texts.cert, [`${of}_CLIENT_KEY`]: texts.key } : {};
    const shared = { DATABASE_URL: this.databaseUrl, REDIS_URL: this.redisUrl, OBSERVATORY_SECRET: this.secret };
    const consul = async (policy: string): Promise<Items> => ({
      CONSUL_HTTP_TOKEN: await this.consulToken(policy),
      ...shown('CONSUL'),
    });
    await this.putVariable('web', { ...shared, ...(await consul('web')) });
    const nomad = { NOMAD_TOKEN: await this.nomadToken('manager'), ...shown('NOMAD') };
    await this.putVariable('manager', { ...shared, ...(await consul('manager')), ...nomad });
    const tls: Items = texts ? { TLS_CERT: texts.cert, TLS_KEY: texts.key } : {};
    await this.putVariable('traefik', { ...(await consul('traefik')), ...tls });
  }

  private async putVariable(part: string, Items: Items): Promise<void> {
    const Path = `nomad/jobs/observatory-${part}`;
    await this.nomad('PUT', `/v1/var/${Path}?namespace=${NAMESPACE}`, { Namespace: NAMESPACE, Path, Items });
  }

  /** What the job's newest allocation printed. */
  async logOf(part: string): Promise<string> {
    const route = `/v1/job/observatory-${part}/allocations?namespace=${NAMESPACE}`;
    const [newest] = await this.nomad<{ ID: string }[]>('GET', route);
    const query = `task=${part}&type=stdout&plain=true&namespace=${NAMESPACE}`;
    return this.nomad<string>('GET', `/v1/client/fs/logs/${newest!.ID}?${query}`);
  }

  async nomad<T>(method: string, route: string, body?: object): Promise<T> {
    const { status, data } = await this.http<T>(this.agents.nomad, method, route, body);
    if (status !== 200) throw new Error(`${method} ${route}: ${status} ${String(data)}`);
    return data;
  }

  private http<T>(base: string, method: string, route: string, body?: object) {
    const { ca, cert, key } = this.certificates?.texts ?? {};
    return axios.request<T>({
      baseURL: base,
      url: route,
      method,
      data: body,
      timeout: 10_000,
      proxy: false,
      headers: { 'X-Nomad-Token': this.nomadRoot, 'X-Consul-Token': CONSUL_ROOT },
      httpsAgent: new https.Agent({ ca, cert, key }),
      validateStatus: () => true,
    });
  }
}
