import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { instanceToken, newInstanceId, tokenHash } from '../platform/identity.js';
import { packageRoot } from '../platform/root.js';
import type { Cache } from './cache.js';
import type { Cleanup } from './cleanup.js';
import { probe } from './http-probe.js';
import { jupyterEnvironment, standInEnvironment } from './jupyter.js';
import { parseJobFile } from './nomad/hcl.js';
import { interpolateStrict } from './nomad/interpolate.js';
import { freePort } from './ports.js';
import { ManagedProcess } from './process.js';
import { hclVariables } from './stack.js';

export interface LocalInstance {
  readonly id: string;
  readonly token: string;
  /** Of Jupyter's API, ending in a slash. */
  readonly address: string;
  readonly home: string;
  readonly process: ManagedProcess;
}

interface RunContext {
  readonly cache: Cache;
  readonly cleanup: Cleanup;
  readonly runDir: string;
}

/** One instance without a cluster: the very command of the job file, as the driver raw_exec runs it. */
export async function startInstance(
  { cache, cleanup, runDir }: RunContext,
  variables: Readonly<Record<string, number>> = {},
): Promise<LocalInstance> {
  const [jupyter, standIn] = await Promise.all([jupyterEnvironment(cache), standInEnvironment(cache)]);
  const id = newInstanceId();
  const token = instanceToken('one instance alone', id);
  const port = await freePort();
  const folder = path.join(runDir, id);
  const home = path.join(folder, 'local');
  for (const each of [home, path.join(folder, 'alloc/tmp'), path.join(folder, 'alloc/data')]) {
    await mkdir(each, { recursive: true });
  }
  const nomad = {
    NOMAD_TASK_DIR: home,
    NOMAD_ALLOC_DIR: path.join(folder, 'alloc'),
    NOMAD_META_instance_id: id,
    NOMAD_META_token_hash: tokenHash(token),
    NOMAD_IP_http: '127.0.0.1',
    NOMAD_PORT_http: String(port),
  };
  const values = { driver: 'raw_exec', python: jupyter.python, instance_dir: path.join(packageRoot, 'instance') };
  const { command, args } = await commandOf(standIn.python, hclVariables({ ...values, ...variables }));
  const process = await ManagedProcess.start(
    {
      name: `instance-${id}`,
      command,
      args: args.map((argument) => interpolateStrict(argument, nomad)),
      cwd: home,
      logDir: path.join(folder, 'logs'),
    },
    cleanup,
  );
  const address = `http://127.0.0.1:${port}/proxy/${id}/api/`;
  await process.waitUntilReady(async () => (await probe(address.slice(0, -1))).status === 200);
  return { id, token, address, home, process };
}

interface Command {
  readonly command: string;
  readonly args: readonly string[];
}

async function commandOf(python: string, variables: string): Promise<Command> {
  const file = await readFile(path.join(packageRoot, 'jobs/instance.nomad.hcl'), 'utf8');
  const job = await parseJobFile(python, file, variables);
  const [group] = job['TaskGroups'] as { readonly Tasks: readonly { readonly Config: Command }[] }[];
  return group!.Tasks[0]!.Config;
}
