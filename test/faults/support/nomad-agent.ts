import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findOnPath, run } from '../../../src/local/binaries.js';
import { Cleanup } from '../../../src/local/cleanup.js';
import { probe } from '../../../src/local/http-probe.js';
import { standInEnvironment } from '../../../src/local/jupyter.js';
import { freePort } from '../../../src/local/ports.js';
import { ManagedProcess, type ProcessSpec } from '../../../src/local/process.js';
import type { RunContext } from '../../../src/local/service.js';
import { packageRoot } from '../../../src/platform/root.js';

/** A Nomad that can be killed and started again: the `nomad` on the path, else the stand-in. */
export class NomadAgent {
  private constructor(
    readonly kind: 'nomad' | 'stand-in',
    readonly address: string,
    private readonly cleanup: Cleanup,
    private readonly spec: ProcessSpec,
    private running: ManagedProcess,
  ) {}

  static async start(context: RunContext, consulUrl: string, memoryMB: number | undefined): Promise<NomadAgent> {
    const binary = findOnPath(['nomad']);
    const port = await freePort();
    const address = `http://127.0.0.1:${port}`;
    const start = { context, consulUrl, memoryMB, port };
    const spec = binary === undefined ? await standIn(start) : await realAgent(start, binary);
    // Of its own, so that one that was started again keeps its place in the order in which things are stopped.
    const cleanup = new Cleanup();
    context.cleanup.add({ name: 'nomad', stop: () => cleanup.stopAll() });
    const running = await startReady(spec, cleanup, address);
    return new NomadAgent(binary === undefined ? 'stand-in' : 'nomad', address, cleanup, spec, running);
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
}

interface AgentStart {
  readonly context: RunContext;
  readonly consulUrl: string;
  readonly memoryMB: number | undefined;
  readonly port: number;
}

async function startReady(spec: ProcessSpec, cleanup: Cleanup, address: string): Promise<ManagedProcess> {
  const started = await ManagedProcess.start(spec, cleanup);
  // A server answers before it has a leader, and a client before it takes work.
  await started.waitUntilReady(async () => {
    const [leader, health] = await Promise.all([
      probe(`${address}/v1/status/leader`),
      probe(`${address}/v1/agent/health`),
    ]);
    return leader.status === 200 && leader.text.includes(':') && health.status === 200;
  }, 60_000);
  return started;
}

async function standIn({ context, consulUrl, memoryMB, port }: AgentStart): Promise<ProcessSpec> {
  const { python } = await standInEnvironment(context.cache);
  return {
    name: 'nomad',
    command: process.execPath,
    args: [
      ...['--import', 'tsx', path.join(packageRoot, 'src/local/nomad/main.ts')],
      ...['--port', String(port), '--consul', consulUrl, '--python', python],
      ...['--data', path.join(context.runDir, 'nomad')],
      ...(memoryMB === undefined ? [] : ['--memory', String(memoryMB)]),
    ],
    logDir: path.join(context.runDir, 'logs'),
    cwd: packageRoot,
  };
}

/** Not a development agent: that one forgets its tasks when it is killed. */
async function realAgent({ context, consulUrl, memoryMB, port }: AgentStart, binary: string): Promise<ProcessSpec> {
  const folder = path.join(context.runDir, 'nomad');
  mkdirSync(folder, { recursive: true });
  // Before the agent starts, so that it is done after its stop.
  context.cleanup.add({ name: 'mounts of the tasks', stop: () => unmountBelow(folder) });
  const config = path.join(context.runDir, 'nomad.hcl');
  const [rpc, serf] = [await freePort(), await freePort()];
  writeFileSync(
    config,
    `bind_addr = "127.0.0.1"
data_dir  = ${JSON.stringify(folder)}
advertise {
  http = "127.0.0.1"
  rpc  = "127.0.0.1"
  serf = "127.0.0.1"
}
ports {
  http = ${port}
  rpc  = ${rpc}
  serf = ${serf}
}
server {
  enabled          = true
  bootstrap_expect = 1
  raft_multiplier  = 1
}
client {
  enabled                = true
  network_interface      = "lo"
  cpu_total_compute      = 100000
  memory_total_mb        = ${memoryMB ?? 16_384}
  options = {
    "fingerprint.denylist" = "env_aws,env_gce,env_azure,env_digitalocean"
  }
}
consul {
  address = "${new URL(consulUrl).host}"
}
plugin "raw_exec" {
  config {
    enabled = true
  }
}
`,
  );
  return {
    name: 'nomad',
    command: binary,
    args: ['agent', `-config=${config}`],
    logDir: path.join(context.runDir, 'logs'),
    stopSignal: 'SIGINT',
  };
}

/** Nomad keeps what its ended tasks were given in folders that are mounted, until it collects them. */
async function unmountBelow(folder: string): Promise<void> {
  const mounted = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  for (const place of mounted.filter((each) => each.startsWith(`${folder}/`))) await run('umount', [place]);
}
