import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startStandIn } from '../../src/local/nomad/standin.js';

export interface Reply {
  status: number;
  index: number;
  headers: Headers;
  text: string;
  // Answers are examined field by field; their shape is what the suite is about.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  json: any;
}

export async function call(base: string, method: string, route: string, body?: unknown): Promise<Reply> {
  const response = await fetch(new URL(route, base), {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type') === 'application/json';
  const index = Number(response.headers.get('x-nomad-index'));
  return {
    status: response.status,
    index,
    headers: response.headers,
    text,
    json: isJson ? JSON.parse(text) : undefined,
  };
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

export interface TaskSpec {
  command: string;
  args: string[];
  memoryMB?: number;
  service?: boolean;
}

/** A parameterized parent like ours, with a small command instead of Jupyter. */
export function parentJob(id: string, { command, args, memoryMB = 32, service = false }: TaskSpec): object {
  const tag =
    'traefik.http.routers.i-${NOMAD_META_instance_id}.rule=PathPrefix(`/proxy/${NOMAD_META_instance_id}/api/`)';
  const check = { Type: 'http', Path: '/?i=${NOMAD_META_instance_id}', Interval: 1e9, Timeout: 1e9 };
  const services = [{ Name: id, PortLabel: 'http', Tags: ['traefik.enable=true', tag], Checks: [check] }];
  const task = {
    Name: 'server',
    Driver: 'raw_exec',
    Config: { command, args },
    Resources: { CPU: 50, MemoryMB: memoryMB },
    LogConfig: { MaxFiles: 1, MaxFileSizeMB: 5 },
    KillTimeout: 2e9,
  };
  const group = {
    Name: 'instance',
    Count: 1,
    EphemeralDisk: { SizeMB: 32 },
    RestartPolicy: { Attempts: 0, Mode: 'fail' },
    ReschedulePolicy: { Attempts: 0, Unlimited: false },
    Networks: [{ DynamicPorts: [{ Label: 'http' }] }],
    Services: service ? services : null,
    Tasks: [task],
  };
  const ParameterizedJob = { Payload: 'forbidden', MetaRequired: ['instance_id'], MetaOptional: ['profile'] };
  return { ID: id, Name: id, Type: 'batch', Datacenters: ['*'], ParameterizedJob, TaskGroups: [group] };
}

/** Lines of Nomad's event stream, parsed, until the caller has seen enough. */
export async function* eventLines(base: string, route: string, signal: AbortSignal) {
  const response = await fetch(new URL(route, base), { signal });
  let rest = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line !== '')
        yield JSON.parse(line) as { Index?: number; Events?: { Topic: string; Type: string; Key: string }[] };
    }
  }
}
