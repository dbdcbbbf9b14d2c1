import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startServices } from '../../src/local/index.js';
import { startStandIn } from '../../src/local/nomad/standin.js';
import { poll } from '../poll.js';

export interface Reply<T> {
  status: number;
  index: number;
  headers: Headers;
  text: string;
  json: T;
}

/** T is what the caller expects and then examines. */
export async function call<T>(
  base: string,
  method: string,
  route: string,
  body?: unknown,
  token?: string,
): Promise<Reply<T>> {
  const response = await fetch(new URL(route, base), {
    method,
    headers: token === undefined ? {} : { 'x-nomad-token': token },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type') === 'application/json';
  const index = Number(response.headers.get('x-nomad-index'));
  const json = (isJson ? JSON.parse(text) : undefined) as T;
  return { status: response.status, index, headers: response.headers, text, json };
}

export const eventually = <T>(what: string, look: () => Promise<T | undefined | false>, seconds = 20): Promise<T> =>
  poll(what, look, seconds);

export interface Backend {
  nomad: string;
  consul: string;
  stop: () => Promise<void>;
}

/** The Nomad at NOMAD_ADDR with the Consul at CONSUL_HTTP_ADDR; without the first, a stand-in of this suite's own. */
export async function startBackend(): Promise<Backend> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'nomad-contract-'));
  const services = await startServices({ runDir: dataDir, only: ['consul'] });
  const consul = services.environment['CONSUL_HTTP_ADDR'] ?? '';
  const stopConsul = async () => {
    await services.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  if (process.env.NOMAD_ADDR !== undefined) return { nomad: process.env.NOMAD_ADDR, consul, stop: stopConsul };
  const python = process.env.STANDIN_PYTHON ?? 'python3';
  const standIn = await startStandIn({ port: 0, consulAddr: consul, dataDir, python });
  const stop = async () => {
    await standIn.stop();
    await stopConsul();
  };
  return { nomad: standIn.address, consul, stop };
}
