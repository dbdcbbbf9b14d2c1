import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { findOnPath, run } from '../../src/local/binaries.js';
import { Cleanup } from '../../src/local/cleanup.js';
import { freePort } from '../../src/local/ports.js';
import { ManagedProcess, type ProcessSpec } from '../../src/local/process.js';
import { packageRoot } from '../../src/platform/root.js';
import { call, eventually } from './support.js';

/** What a token may: capabilities by namespace, and rules beside them. */
export interface Rights {
  namespaces?: Record<string, string[]>;
  node?: 'read';
  agent?: 'read';
  operator?: 'read';
}

export interface AgentOptions {
  /** A folder of this agent alone. */
  folder: string;
  consul: string;
  /** Turns access control on, with one token for each name and `root`. */
  rights?: Record<string, Rights>;
  /** Beside `default`; made with access control only. */
  namespaces?: string[];
}

/** Why no agent of one's own can be had: a real one is asked for, but only its address is known. */
export const noAgentOfOurOwn =
  process.env.NOMAD_ADDR !== undefined && findOnPath(['nomad']) === undefined
    ? 'NOMAD_ADDR is given, but no nomad is on the PATH to start one that can be killed, or that has access control'
    : undefined;

/** An agent of the suite's own: the `nomad` on the PATH when NOMAD_ADDR asks for a real one, else the stand-in. */
export class Agent {
  readonly secrets = new Map<string, string>();

  private constructor(
    readonly address: string,
    private readonly spec: ProcessSpec,
    private readonly cleanup: Cleanup,
    private running: ManagedProcess,
  ) {}

  static async start(options: AgentOptions): Promise<Agent> {
    const real = process.env.NOMAD_ADDR !== undefined;
    const port = await freePort();
    const secrets = Object.keys(options.rights ?? {}).map((name): [string, string] => [name, randomUUID()]);
    await mkdir(options.folder, { recursive: true });
    const given = options.rights && { rights: options.rights, secrets: new Map([...secrets, ['root', randomUUID()]]) };
    const spec = real ? await realAgent(options, port) : await standIn(options, port, given);
    const cleanup = new Cleanup();
    const address = `http://127.0.0.1:${port}`;
    const agent = new Agent(address, spec, cleanup, await startReady(spec, cleanup, address));
    if (given && real) await agent.makeTokens(options);
    else given?.secrets.forEach((secret, name) => agent.secrets.set(name, secret));
    return agent;
  }

  /** The agent alone, as a crash: what it runs goes on. */
  async kill(): Promise<void> {
    process.kill(this.running.pid, 'SIGKILL');
    await this.running.exited;
  }

  /** At the same address, with the same data. */
  async startAgain(): Promise<void> {
    this.running = await startReady(this.spec, this.cleanup, this.address);
  }

  async stop(): Promise<void> {
    await this.cleanup.stopAll();
  }

  private async makeTokens({ rights = {}, namespaces = [] }: AgentOptions): Promise<void> {
    const root = await call<{ SecretID: string }>(this.address, 'POST', '/v1/acl/bootstrap');
    this.secrets.set('root', root.json.SecretID);
    const as = root.json.SecretID;
    for (const Name of namespaces) await call(this.address, 'PUT', `/v1/namespace/${Name}`, { Name }, as);
    for (const [name, right] of Object.entries(rights)) {
      await call(this.address, 'POST', `/v1/acl/policy/${name}`, { Name: name, Rules: rulesOf(right) }, as);
      const asked = { Name: name, Type: 'client', Policies: [name] };
      const token = await call<{ SecretID: string }>(this.address, 'POST', '/v1/acl/token', asked, as);
      this.secrets.set(name, token.json.SecretID);
    }
  }
}

function rulesOf({ namespaces = {}, ...others }: Rights): string {
  const blocks = Object.entries(namespaces).map(
    ([name, capabilities]) => `namespace "${name}" {\n capabilities = ${JSON.stringify(capabilities)}\n}`,
  );
  return [...blocks, ...Object.entries(others).map(([name, policy]) => `${name} {\n policy = "${policy}"\n}`)].join(
    '\n',
  );
}

async function startReady(spec: ProcessSpec, cleanup: Cleanup, address: string): Promise<ManagedProcess> {
  const started = await ManagedProcess.start(spec, cleanup);
  await eventually(
    'a ready agent',
    async () => {
      const answers = await Promise.all(
        ['/v1/status/leader', '/v1/agent/health'].map((route) => call<string>(address, 'GET', route)),
      ).catch(() => []);
      return answers.length === 2 && answers.every(({ status }) => status === 200) && answers[0]?.json !== '';
    },
    60,
  );
  return started;
}

async function standIn(
  { folder, consul, namespaces = [] }: AgentOptions,
  port: number,
  acl?: { rights: Record<string, Rights>; secrets: Map<string, string> },
): Promise<ProcessSpec> {
  const file = path.join(folder, 'tokens.json');
  const tokens = [...(acl?.secrets ?? [])].map(([name, secret]) =>
    name === 'root' ? { name, secret, management: true } : { name, secret, ...acl?.rights[name] },
  );
  await writeFile(file, JSON.stringify(tokens));
  return {
    name: 'nomad',
    command: process.execPath,
    args: [
      ...['--import', 'tsx', path.join(packageRoot, 'src/local/nomad/main.ts')],
      ...['--port', String(port), '--consul', consul, '--data', path.join(folder, 'data')],
      ...['--python', process.env.STANDIN_PYTHON ?? 'python3'],
      ...namespaces.flatMap((name) => ['--namespace', name]),
      ...(acl ? ['--acl', file] : []),
    ],
    logDir: folder,
    cwd: packageRoot,
  };
}

async function realAgent({ folder, consul, rights }: AgentOptions, port: number): Promise<ProcessSpec> {
  const [rpc, serf] = [await freePort(), await freePort()];
  const config = path.join(folder, 'nomad.json');
  const loopback = '127.0.0.1';
  const settings = {
    bind_addr: loopback,
    data_dir: path.join(folder, 'data'),
    advertise: { http: loopback, rpc: loopback, serf: loopback },
    ports: { http: port, rpc, serf },
    server: { enabled: true, bootstrap_expect: 1, raft_multiplier: 1 },
    client: {
      enabled: true,
      network_interface: 'lo',
      options: { 'fingerprint.denylist': 'env_aws,env_gce,env_azure' },
    },
    consul: { address: new URL(consul).host },
    plugin: [{ raw_exec: [{ config: [{ enabled: true }] }] }],
    acl: { enabled: rights !== undefined },
  };
  await writeFile(config, JSON.stringify(settings));
  const command = findOnPath(['nomad']) ?? 'nomad';
  return { name: 'nomad', command, args: ['agent', `-config=${config}`], logDir: folder, stopSignal: 'SIGINT' };
}

/** Nomad keeps what its ended tasks were given in folders that are mounted, until it collects them. */
export async function removeFolder(folder: string): Promise<void> {
  const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '');
  for (const mount of mounts.filter((name) => name.startsWith(`${folder}/`))) await run('umount', [mount]);
  await rm(folder, { recursive: true, force: true });
}
