import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { Acl, type AclToken } from './acl.js';
import { ConsulRegistry } from './consul.js';
import { createHttpServer } from './http.js';
import { Jobs } from './jobs.js';
import { thisMachine, type NodeLimits } from './node.js';
import { killAll, processesOf } from './processes.js';
import { standInRoutes } from './routes.js';
import { Runner } from './runner.js';
import { Scheduler } from './scheduler.js';
import { StateFolder } from './state.js';
import { Store } from './store.js';
import type { Allocation } from './types.js';

export interface StandInOptions extends NodeLimits {
  /** 0 takes a free one. */
  port: number;
  /** Consul's HTTP API, like http://127.0.0.1:8500. */
  consulAddr: string;
  /** Folder for the tasks' files and logs, and for the state; this stand-in's own. */
  dataDir: string;
  /** Python that has requirements.txt of this folder, for reading job files. */
  python: string;
  log?: (line: string) => void;
  /** Those that exist beside `default`. */
  namespaces?: string[];
  /** Turns access control on. */
  tokens?: AclToken[] | undefined;
}

export interface StandIn {
  /** Like http://127.0.0.1:4646. */
  address: string;
  /** Stops all tasks as Nomad does, then the server. */
  stop: () => Promise<void>;
}

const loopback = '127.0.0.1';
/** Who asks this process to end gives it 3 s, and a killed one leaves its tasks alive: none of them gets a longer kill timeout. */
const STOP_MS = 2_000;

/**
 * Answers the Nomad calls that the system and Nomad's command line make, on one machine and for development only: it runs the
 * instances as plain processes of this user, so it listens on the loopback address alone. Killed and started again over the
 * same folder it goes on where it was; stopped, it leaves nothing.
 */
export async function startStandIn(options: StandInOptions): Promise<StandIn> {
  const log = options.log ?? (() => undefined);
  const root = path.join(path.resolve(options.dataDir), 'alloc');
  mkdirSync(root, { recursive: true });
  const consul = new ConsulRegistry(options.consulAddr);
  const state = new StateFolder(path.join(path.resolve(options.dataDir), 'state'));
  const store = new Store(state);
  await removeLeftovers(root, store, consul, log);
  const address = () => `${loopback}:${(server.address() as AddressInfo).port}`;
  const node = thisMachine(nodeId(state), root, options, address);
  const changed = (allocation: Allocation) => {
    scheduler.changed(allocation);
  };
  const runner: Runner = new Runner({ root, consul, log, changed });
  const scheduler = new Scheduler(store, node, runner);
  const namespaces = ['default', ...(options.namespaces ?? [])];
  const jobs = new Jobs(store, scheduler, namespaces);
  const acl = new Acl(options.tokens);
  const routes = standInRoutes({ store, jobs, acl, node, namespaces, python: options.python, root });
  const server: Server = createHttpServer({ routes, acl, log });
  server.listen(options.port, loopback);
  await once(server, 'listening');
  scheduler.resume();
  const lastResort = () => {
    runner.killAllNow();
  };
  process.once('exit', lastResort);
  const stop = async () => {
    const enough = setTimeout(lastResort, STOP_MS);
    await runner.stopAll();
    clearTimeout(enough);
    process.off('exit', lastResort);
    server.close();
    server.closeAllConnections();
    state.clear();
  };
  return { address: `http://${address()}`, stop };
}

/** The same node after a restart, or its tasks would be another's. */
function nodeId(state: StateFolder): string {
  const [known] = state.load<{ id: string }>('node');
  const id = known?.id ?? randomUUID();
  state.save('node', 'self', { id });
  return id;
}

/** Folders of allocations that the state does not know: nobody would ever end what still runs there. */
async function removeLeftovers(
  root: string,
  store: Store,
  consul: ConsulRegistry,
  log: (line: string) => void,
): Promise<void> {
  const unknown = readdirSync(root).filter((id) => !store.allocations.has(id));
  for (const allocation of unknown) {
    const folder = path.join(root, allocation);
    // Only what works in the folder: the number may belong to another process by now.
    const pids = processesOf(-1, folder);
    if (pids.length > 0) log(`nomad: killing what is left of allocation ${allocation}`);
    killAll(pids, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
  if (unknown.length > 0) {
    await consul.removeLeftovers(unknown).catch((error: unknown) => {
      log(`consul: cannot remove old entries: ${String(error)}`);
    });
  }
}
