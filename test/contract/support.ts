import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startStandIn } from '../../src/local/nomad/standin.js';

export interface Reply<T> {
  status: number;
  index: number;
  headers: Headers;
  text: string;
  json: T;
}

/** T is what the caller expects and then examines. */
export async function call<T>(base: string, method: string, route: string, body?: unknown): Promise<Reply<T>> {
  const response = await fetch(new URL(route, base), {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type') === 'application/json';
  const index = Number(response.headers.get('x-nomad-index'));
  const json = (isJson ? JSON.parse(text) : undefined) as T;
  return { status: response.status, index, headers: response.headers, text, json };
}

export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  seconds = 20,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await sleep(50);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function startConsul(): Promise<{ address: string; child: ChildProcess }> {
  const [http, serfLan, serfWan, server] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const ports = { http, serf_lan: serfLan, serf_wan: serfWan, server, dns: -1, grpc: -1 };
  const config = JSON.stringify({ bind_addr: '127.0.0.1', client_addr: '127.0.0.1', ports });
  const child = spawn(process.env.CONSUL_BINARY ?? 'consul', ['agent', '-dev', '-hcl', config], { stdio: 'ignore' });
  child.once('error', () => undefined);
  const address = `http://127.0.0.1:${http}`;
  await eventually(
    'a leader of Consul (set CONSUL_HTTP_ADDR, or CONSUL_BINARY, or have consul in the path)',
    async () => {
      const leader = await fetch(`${address}/v1/status/leader`).then(
        (response) => response.text(),
        () => '""',
      );
      return leader !== '""';
    },
  );
  return { address, child };
}

export interface Backend {
  nomad: string;
  consul: string;
  stop: () => Promise<void>;
}

/** The Nomad at NOMAD_ADDR with the Consul at CONSUL_HTTP_ADDR; without the first, a stand-in of this suite's own. */
export async function startBackend(): Promise<Backend> {
  const given = process.env.CONSUL_HTTP_ADDR;
  const own = given === undefined ? await startConsul() : undefined;
  const consul = given ?? own?.address ?? '';
  const stopConsul = async () => {
    if (own?.child.kill()) await once(own.child, 'exit');
  };
  if (process.env.NOMAD_ADDR !== undefined) return { nomad: process.env.NOMAD_ADDR, consul, stop: stopConsul };
  const dataDir = await mkdtemp(path.join(tmpdir(), 'nomad-contract-'));
  const python = process.env.STANDIN_PYTHON ?? 'python3';
  const standIn = await startStandIn({ port: 0, consulAddr: consul, dataDir, python });
  const stop = async () => {
    await standIn.stop();
    await stopConsul();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { nomad: standIn.address, consul, stop };
}
