import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { findOnPath } from './binaries.js';
import { answers } from './http-probe.js';
import { standInEnvironment } from './jupyter.js';
import { packageRoot } from '../platform/root.js';
import { freePort } from './ports.js';
import { ManagedProcess } from './process.js';
import type { RunContext } from './service.js';

export interface NomadService {
  readonly address: string;
  readonly source: 'environment' | 'path' | 'stand-in';
}

/** Nomad: the one that NOMAD_ADDR names, else a development agent of the `nomad` on the path, else our stand-in. */
export async function startNomad(context: RunContext, consulUrl: string): Promise<NomadService> {
  const given = process.env.NOMAD_ADDR;
  if (given) return { address: given, source: 'environment' };
  const binary = findOnPath(['nomad']);
  if (binary !== undefined) return { address: await startAgent(context, binary, consulUrl), source: 'path' };
  return { address: await startStandIn(context, consulUrl), source: 'stand-in' };
}

async function startAgent(context: RunContext, binary: string, consulUrl: string): Promise<string> {
  const [http, rpc, serf] = [await freePort(), await freePort(), await freePort()];
  const config = path.join(context.runDir, 'nomad.hcl');
  writeFileSync(
    config,
    `bind_addr = "127.0.0.1"
ports {
  http = ${http}
  rpc  = ${rpc}
  serf = ${serf}
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
  const address = `http://127.0.0.1:${http}`;
  const agent = await ManagedProcess.start(
    {
      name: 'nomad',
      command: binary,
      args: ['agent', '-dev', `-config=${config}`],
      logDir: path.join(context.runDir, 'logs'),
      // A development agent ends its tasks when it is interrupted.
      stopSignal: 'SIGINT',
    },
    context.cleanup,
  );
  await agent.waitUntilReady(() => answers(`${address}/v1/agent/health`), 30_000);
  return address;
}

async function startStandIn(context: RunContext, consulUrl: string): Promise<string> {
  const { python } = await standInEnvironment(context.cache);
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const standIn = await ManagedProcess.start(
    {
      name: 'nomad-stand-in',
      command: process.execPath,
      args: [
        ...['--import', 'tsx', path.join(packageRoot, 'src/local/nomad/main.ts')],
        ...['--port', String(port), '--consul', consulUrl, '--python', python],
        ...['--data', path.join(context.runDir, 'nomad')],
      ],
      logDir: path.join(context.runDir, 'logs'),
      cwd: packageRoot,
    },
    context.cleanup,
  );
  await standIn.waitUntilReady(() => answers(`${address}/v1/agent/health`));
  return address;
}
