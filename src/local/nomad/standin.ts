import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, totalmem } from 'node:os';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { ConsulRegistry } from './consul.js';
import { createHttpServer } from './http.js';
import { Jobs } from './jobs.js';
import { killAll, processesOf } from './processes.js';
import { standInRoutes } from './routes.js';
import { Runner } from './runner.js';
import { Scheduler } from './scheduler.js';
import { Store } from './store.js';

export interface StandInOptions {
  /** 0 takes a free one. */
  port: number;
  /** Consul's HTTP API, like http://127.0.0.1:8500. */
  consulAddr: string;
  /** Folder for the tasks' files and logs; this stand-in's own. */
  dataDir: string;
  /** Python that has requirements.txt of this folder, for reading job files. */
  python: string;
  log?: (line: string) => void;
  /** What may be placed in all; by default the machine's memory. */
  memoryMB?: number;
}

export interface StandIn {
  /** Like http://127.0.0.1:4646. */
  address: string;
  /** Stops all tasks as Nomad does, then the server. */
  stop: () => Promise<void>;
}

const loopback = '127.0.0.1';

/**
 * Answers the Nomad calls that the system makes, on one machine and for development only: it runs the instances as plain
 * processes of this user and keeps its state in memory. No authentication, so it listens on the loopback address alone.
 */
export async function startStandIn(options: StandInOptions): Promise<StandIn> {
  const log = options.log ?? (() => undefined);
  const root = path.join(path.resolve(options.dataDir), 'alloc');
  const consul = new ConsulRegistry(options.consulAddr);
  await removeLeftovers(root, consul, log);
  const store = new Store();
  const memoryMB = options.memoryMB ?? Math.floor(totalmem() / 1024 ** 2);
  const runner: Runner = new Runner({
    root,
    consul,
    log,
    changed: (allocation) => {
      scheduler.changed(allocation);
    },
  });
  const scheduler = new Scheduler(store, { id: randomUUID(), name: hostname(), memoryMB }, runner);
  const jobs = new Jobs(store, scheduler);
  const address = () => `${loopback}:${(server.address() as AddressInfo).port}`;
  const server: Server = createHttpServer(standInRoutes({ store, jobs, python: options.python, root, address }), log);
  server.listen(options.port, loopback);
  await once(server, 'listening');
  const lastResort = () => {
    runner.killAllNow();
  };
  process.once('exit', lastResort);
  const stop = async () => {
    await runner.stopAll();
    process.off('exit', lastResort);
    server.close();
    server.closeAllConnections();
  };
  return { address: `http://${address()}`, stop };
}

/** A stand-in that was killed leaves its tasks running and registered; nobody would know them any more. */
async function removeLeftovers(root: string, consul: ConsulRegistry, log: (line: string) => void): Promise<void> {
  mkdirSync(root, { recursive: true });
  const allocations = readdirSync(root);
  for (const allocation of allocations) {
    const folder = path.join(root, allocation);
    // Only what works in the folder: the number may belong to another process by now.
    const pids = processesOf(-1, folder);
    if (pids.length > 0) log(`nomad: killing what is left of allocation ${allocation}`);
    killAll(pids, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
  if (allocations.length > 0) {
    await consul.removeLeftovers(allocations).catch((error: unknown) => {
      log(`consul: cannot remove old entries: ${String(error)}`);
    });
  }
}
