import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { isObject, stringify, type JsonObject } from './json.js';
import { NomadError } from './types.js';

export interface Call {
  /** The path's variable parts. */
  params: string[];
  query: URLSearchParams;
  body: JsonObject;
  response: ServerResponse;
  /** Aborted when the caller has gone. */
  signal: AbortSignal;
}

export interface Answer {
  body: unknown;
  /** X-Nomad-Index. */
  index?: number;
  /** Reads also say who answered. */
  read?: boolean;
  nextToken?: string | undefined;
  /** Plain text instead of JSON. */
  plain?: boolean;
  status?: number;
}

/** Answers, or has taken the response over itself and answers nothing. */
export type Handler = (call: Call) => Promise<Answer | undefined> | Answer | undefined;

export interface Route {
  method: string;
  path: RegExp;
  handle: Handler;
}

export function createHttpServer(routes: Route[], log: (line: string) => void): Server {
  return createServer((request, response) => {
    void answer(routes, request, response).catch((error: unknown) => {
      const known = error instanceof NomadError;
      if (!known) log(`nomad: ${String(error instanceof Error ? error.stack : error)}`);
      if (response.headersSent) return response.end();
      response.writeHead(known ? error.status : 500, { 'content-type': 'text/plain; charset=utf-8' });
      return response.end(known ? error.message : String(error));
    });
  });
}

async function answer(routes: Route[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const path = decodeURIComponent(url.pathname);
  const method = request.method === 'POST' ? 'PUT' : (request.method ?? 'GET');
  const candidates = routes.filter((route) => route.path.test(path));
  if (candidates.length === 0) throw new NomadError(404, '404 page not found');
  const route = candidates.find((candidate) => candidate.method === method);
  if (!route) throw new NomadError(405, 'Invalid method');
  if ((url.searchParams.get('region') ?? 'global') !== 'global') throw new NomadError(500, 'No path to region');
  const gone = new AbortController();
  response.on('close', () => {
    gone.abort();
  });
  const params = route.path.exec(path)?.slice(1) ?? [];
  const body = await readBody(request);
  const given = await route.handle({ params, query: url.searchParams, body, response, signal: gone.signal });
  if (given && !response.destroyed) send(response, given);
}

async function readBody(request: IncomingMessage): Promise<JsonObject> {
  const raw = await text(request);
  if (raw === '') return {};
  try {
    const parsed: unknown = JSON.parse(raw);
    if (isObject(parsed)) return parsed;
  } catch {
    // Said below.
  }
  throw new NomadError(400, 'the request body is not a JSON object');
}

function send(response: ServerResponse, given: Answer): void {
  if (given.index !== undefined) response.setHeader('X-Nomad-Index', given.index);
  if (given.read) response.setHeader('X-Nomad-KnownLeader', 'true').setHeader('X-Nomad-LastContact', '0');
  if (given.nextToken !== undefined) response.setHeader('X-Nomad-NextToken', given.nextToken);
  const type = given.plain ? 'text/plain; charset=utf-8' : 'application/json';
  response.writeHead(given.status ?? 200, { 'content-type': type });
  response.end(given.plain ? String(given.body) : stringify(given.body));
}
