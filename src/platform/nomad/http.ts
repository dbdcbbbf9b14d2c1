import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import axios, { type AxiosInstance, type AxiosResponse } from 'axios';
import type { z } from 'zod';
import type { Settings } from '../settings.js';
import { readTls } from '../tls.js';
import { NomadError } from './errors.js';

/** Nomad gives a client address 100 connections; two managers and a few operators fit into them. */
const MAX_SOCKETS = 32;
const READ_MS = 10_000;
const WRITE_MS = 15_000;
/** Without a leader Nomad answers after about 5 s, so a read may take that long several times. */
const ATTEMPTS = 3;
const PAGE = 5_000;
/** Heartbeats come every 30 s: a stream that is silent for longer is dead. */
const STREAM_SILENCE_MS = 75_000;

export interface NomadCall<T> {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: string;
  readonly answer: z.ZodType<T>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface Page<T> {
  readonly value: T;
  readonly next: string | undefined;
}

export type NomadConnection = Pick<
  Settings,
  | 'NOMAD_ADDR'
  | 'NOMAD_TOKEN'
  | 'NOMAD_NAMESPACE'
  | 'NOMAD_REGION'
  | 'NOMAD_CACERT'
  | 'NOMAD_CLIENT_CERT'
  | 'NOMAD_CLIENT_KEY'
>;

/** How the system calls Nomad: bounded connections and times. Reads and DELETE are repeated on failure, other calls never. */
export class NomadHttp {
  private readonly http: AxiosInstance;
  private readonly agents: readonly http.Agent[];
  /** The stream never ends; the few connections of the pool are for calls. */
  private readonly streamAgents: { readonly httpAgent: http.Agent; readonly httpsAgent: https.Agent };

  constructor(
    connection: NomadConnection,
    private readonly signal?: AbortSignal,
  ) {
    const tls = readTls({
      ca: connection.NOMAD_CACERT,
      cert: connection.NOMAD_CLIENT_CERT,
      key: connection.NOMAD_CLIENT_KEY,
    });
    const httpAgent = new http.Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
    const httpsAgent = new https.Agent({ keepAlive: true, maxSockets: MAX_SOCKETS, ...tls });
    this.streamAgents = { httpAgent: new http.Agent(), httpsAgent: new https.Agent(tls) };
    this.agents = [httpAgent, httpsAgent, ...Object.values(this.streamAgents)];
    this.http = axios.create({
      baseURL: connection.NOMAD_ADDR,
      httpAgent,
      httpsAgent,
      proxy: false,
      maxRedirects: 0,
      headers: connection.NOMAD_TOKEN === undefined ? {} : { 'X-Nomad-Token': connection.NOMAD_TOKEN },
      params: {
        namespace: connection.NOMAD_NAMESPACE,
        ...(connection.NOMAD_REGION === undefined ? {} : { region: connection.NOMAD_REGION }),
      },
      validateStatus: () => true,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** Calls `onLine` for each line of the event stream (heartbeats are `{}`) until the stream ends or is aborted. */
  async eventStream(topics: readonly string[], signal: AbortSignal, onLine: (line: string) => void): Promise<void> {
    const silence = new AbortController();
    const timer = setTimeout(() => {
      silence.abort();
    }, STREAM_SILENCE_MS);
    const query = topics.map((topic) => `topic=${encodeURIComponent(topic)}`).join('&');
    const path = `/v1/event/stream?${query}`;
    try {
      const answer = await this.http.get<Readable>(path, {
        responseType: 'stream',
        ...this.streamAgents,
        signal: AbortSignal.any([signal, silence.signal]),
      });
      if (answer.status !== 200) throw new NomadError('GET /v1/event/stream', answer.status, await textOf(answer.data));
      await eachLine(answer.data, (line) => {
        timer.refresh();
        onLine(line);
      });
    } catch (error) {
      if (signal.aborted) return;
      throw error instanceof NomadError ? error : noAnswer('GET /v1/event/stream', error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** One call and its answer, parsed. */
  async call<T>(call: NomadCall<T>): Promise<T> {
    return (await this.attempt(call)).value;
  }

  close(): void {
    for (const agent of this.agents) agent.destroy();
  }

  async pages<T>(call: NomadCall<T[]>): Promise<T[]> {
    const rows: T[] = [];
    let next: string | undefined;
    do {
      const from: Record<string, string> = next === undefined ? {} : { next_token: next };
      const page: Page<T[]> = await this.attempt({
        ...call,
        query: { ...call.query, ...from, per_page: String(PAGE) },
      });
      rows.push(...page.value);
      next = page.next;
    } while (next !== undefined);
    return rows;
  }

  private async attempt<T>(call: NomadCall<T>): Promise<Page<T>> {
    const repeatable = call.method === 'GET' || call.method === 'DELETE';
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.once(call);
      } catch (error) {
        if (!repeatable || attempt === ATTEMPTS || !isPassing(error) || this.signal?.aborted) throw error;
        await sleep(100 * 4 ** (attempt - 1), undefined, this.signal === undefined ? {} : { signal: this.signal });
      }
    }
  }

  private async once<T>({ method, path, answer, query, body }: NomadCall<T>): Promise<Page<T>> {
    const name = `${method} ${path}`;
    let response: AxiosResponse<unknown>;
    try {
      const timeout = method === 'GET' ? READ_MS : WRITE_MS;
      response = await this.http.request({ method, url: path, params: query ?? {}, data: body, timeout });
    } catch (error) {
      throw noAnswer(name, error);
    }
    if (response.status !== 200) throw new NomadError(name, response.status, wordsOf(response.data));
    const parsed = answer.safeParse(response.data);
    if (!parsed.success)
      throw new NomadError(name, response.status, `an answer not understood: ${parsed.error.message}`);
    const next: unknown = response.headers['x-nomad-nexttoken'];
    return { value: parsed.data, next: typeof next === 'string' && next !== '' ? next : undefined };
  }
}

/** Ids of children contain slashes. */
export const jobPath = (id: string): string => `/v1/job/${encodeURIComponent(id)}`;

/** Whether the same call may succeed a little later. */
function isPassing(error: unknown): boolean {
  return error instanceof NomadError && (error.status === 0 || error.status === 429 || error.status >= 500);
}

function noAnswer(call: string, error: unknown): NomadError {
  const words =
    error instanceof Error ? error.message || ('code' in error ? String(error.code) : error.name) : String(error);
  return new NomadError(call, 0, words, { cause: error });
}

function wordsOf(data: unknown): string {
  return (typeof data === 'string' ? data : JSON.stringify(data)).trim();
}

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8').trim();
}

/** Readline does not hand on the errors of what it reads in time: an abort would end the process as an unhandled one. */
async function eachLine(stream: Readable, onLine: (line: string) => void): Promise<void> {
  const lines = createInterface({ input: stream });
  const failed = new Promise<never>((_, reject) => stream.once('error', reject));
  // Of a compressed stream it does, when all is over here.
  lines.on('error', () => undefined);
  lines.on('line', onLine);
  await Promise.race([once(lines, 'close'), failed]).finally(() => {
    lines.close();
  });
}
