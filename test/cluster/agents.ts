import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { findOnPath } from '../../src/local/binaries.js';
import type { Cache } from '../../src/local/cache.js';
import type { Cleanup } from '../../src/local/cleanup.js';
import { findConsul } from '../../src/local/consul-binary.js';
import { freePort } from '../../src/local/ports.js';
import { ManagedProcess } from '../../src/local/process.js';
import { packageRoot } from '../../src/platform/root.js';
import type { Certificates } from './certificates.js';

export const CONSUL_ROOT = '5f0c7d4e-0000-4000-8000-000000000002';

/** Where the agents are. */
export interface Agents {
  readonly consul: string;
  readonly nomad: string;
}

interface Starting {
  readonly runDir: string;
  readonly cleanup: Cleanup;
  readonly cache: Cache;
  readonly certificates: Certificates | undefined;
  /** Asked for when Consul runs: the token of Nomad's agent. */
  readonly consulToken: () => Promise<string>;
  readonly known: (agents: Agents) => void;
}

/** Consul and Nomad with ACLs; with certificates as the snippets of consul/ and jobs/agents/ configure them. */
export async function startAgents(starting: Starting): Promise<void> {
  const { known, certificates } = starting;
  const [consulPort, consulTls, nomadPort] = [await freePort(), await freePort(), await freePort()];
  const scheme = certificates ? 'https' : 'http';
  known({
    consul: `${scheme}://127.0.0.1:${certificates ? consulTls : consulPort}`,
    nomad: `${scheme}://127.0.0.1:${nomadPort}`,
  });
  await startConsul(starting, consulPort, consulTls);
  await startNomad(starting, nomadPort, certificates ? consulTls : consulPort);
}

async function startConsul(starting: Starting, http: number, tls: number): Promise<void> {
  const { runDir, certificates, cleanup } = starting;
  const off = -1;
  const ports = { server: await freePort(), serf_lan: await freePort(), serf_wan: off, dns: off, grpc: off };
  const base = {
    bind_addr: '127.0.0.1',
    node_name: 'one-node',
    disable_host_node_id: true,
    disable_update_check: true,
    ports: certificates ? ports : { ...ports, http },
    acl: {
      ...(certificates ? {} : { enabled: true, default_policy: 'deny' }),
      tokens: { master: CONSUL_ROOT, agent: CONSUL_ROOT },
    },
  };
  const snippet = await readFile(path.join(packageRoot, 'consul/agent.hcl'), 'utf8');
  const changed = snippet.replace('8501', String(tls)).replace('8500', String(http));
  const configuration = await written(
    runDir,
    'consul',
    base,
    certificates && { folder: certificates.folder, snippet: changed },
  );
  const { path: command } = await findConsul(starting.cache);
  await ManagedProcess.start(
    { name: 'consul', command, args: ['agent', '-dev', ...configuration], logDir: path.join(runDir, 'logs') },
    cleanup,
  );
}

async function startNomad(starting: Starting, http: number, consul: number): Promise<void> {
  const { runDir, certificates, cleanup } = starting;
  const base = {
    bind_addr: '127.0.0.1',
    ports: { http, rpc: await freePort(), serf: await freePort() },
    plugin: { raw_exec: { config: { enabled: true } } },
    ...(certificates ? {} : { acl: { enabled: true }, consul: { address: `127.0.0.1:${consul}` } }),
  };
  const snippet = await readFile(path.join(packageRoot, 'jobs/agents/nomad.hcl'), 'utf8');
  const changed = snippet.replace('127.0.0.1:8501', `127.0.0.1:${consul}`);
  const configuration = await written(
    runDir,
    'nomad',
    base,
    certificates && { folder: certificates.folder, snippet: changed },
  );
  await ManagedProcess.start(
    {
      name: 'nomad',
      command: findOnPath(['nomad'])!,
      args: ['agent', '-dev', ...configuration],
      logDir: path.join(runDir, 'logs'),
      stopSignal: 'SIGINT',
      env: { PATH: process.env.PATH, CONSUL_HTTP_TOKEN: await starting.consulToken() },
    },
    cleanup,
  );
}

/** The arguments that name an agent's configuration: ours for this machine, and the snippet of the package. */
async function written(
  runDir: string,
  name: string,
  base: object,
  tls: { readonly folder: string; readonly snippet: string } | undefined,
): Promise<string[]> {
  const flag = name === 'consul' ? '-config-file' : '-config';
  const file = path.join(runDir, `${name}.json`);
  await writeFile(file, JSON.stringify(base), { mode: 0o600 });
  if (tls === undefined) return [`${flag}=${file}`];
  const snippet = path.join(runDir, `${name}.hcl`);
  await writeFile(snippet, tls.snippet.replaceAll(`/etc/${name}.d/tls`, tls.folder));
  return [`${flag}=${file}`, `${flag}=${snippet}`];
}
