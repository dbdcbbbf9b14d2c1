import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Acl, Need } from './acl.js';
import { ConnectionLimit } from './connections.js';
import { Panic } from './filter.js';
import { isObject, stringify, type JsonObject } from './json.js';
import { lacking, NomadError } from './types.js';

export interface Call {
  path: string;
  /** The path's variable parts. */
  params: string[];
  query: URLSearchParams;
  body: JsonObject;
  response: ServerResponse;
  /** The secret of the caller's token. */
  token: string | undefined;
  namespace: string;
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
  method: 'GET' | 'PUT' | 'DELETE';
  path: RegExp;
  /** Undefined where the handler decides: the namespace is that of what it finds. */
  need: Need | undefined;
  /** Whether the agent itself answers, not a server behind it. */
  byAgent?: boolean;
  handle: Handler;
}

export interface HttpOptions {
  routes: Route[];
  acl: Acl;
  log: (line: string) => void;
}

export function createHttpServer(options: HttpOptions): Server {
  const connections = new ConnectionLimit();
  const server = createServer((request, response) => {
    const work = () => answer(options, request, response).catch((error: unknown) => refuse(options, response, error));
    void connections.during(request.socket, work);
  });
  return server.on('connection', (socket: Socket) => {
    connections.admit(socket);
  });
}

function refuse({ log }: HttpOptions, response: ServerResponse, error: unknown): void {
  if (error instanceof Panic) return void response.destroy();
  const known = error instanceof NomadError;
  if (!known) log(`nomad: ${String(error instanceof Error ? error.stack : error)}`);
  if (!response.headersSent) {
    response.writeHead(known ? error.status : 500, { 'content-type': 'text/plain; charset=utf-8' });
    response.write(known ? error.message : String(error));
  }
  response.end();
}

async function answer({ routes, acl }: HttpOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const path = decodeURIComponent(url.pathname);
  const method = request.method === 'POST' ? 'PUT' : (request.method ?? 'GET');
  const candidates = routes.filter((route) => route.path.test(path));
  if (candidates.length === 0) throw lacking(`${request.method ?? ''} ${path}`);
  const route = candidates.find((candidate) => candidate.method === method);
  if (!route) throw new NomadError(405, 'Invalid method');
  if ((url.searchParams.get('region') ?? 'global') !== 'global') throw new NomadError(500, 'No path to region');
  const params = route.path.exec(path)?.slice(1) ?? [];
  const token = tokenOf(request);
  const namespace = url.searchParams.get('namespace') ?? 'default';
  if (route.need !== undefined) acl.check(token, route.need, namespace, route.byAgent);
  const body = await readBody(request);
  const given = await route.handle({ path, params, query: url.searchParams, body, response, token, namespace });
  if (given && !response.destroyed) send(response, given, url.searchParams.has('pretty'));
}

function tokenOf({ headers }: IncomingMessage): string | undefined {
  const header = headers['x-nomad-token'];
  const bearer = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  return (typeof header === 'string' && header !== '' ? header : undefined) ?? bearer;
}

async function readBody(request: IncomingMessage): Promise<JsonObject> {
  const raw = await text(request);
  if (raw === '') return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(raw);
  } catch {
    throw new NomadError(400, `invalid character '${raw.trim().slice(0, 1)}' looking for beginning of value`);
  }
  if (!isObject(parsed)) throw new NomadError(400, 'json: cannot unmarshal the request body into an object');
  return parsed;
}

function send(response: ServerResponse, given: Answer, pretty: boolean): void {
  if (given.index !== undefined) response.setHeader('X-Nomad-Index', given.index);
  if (given.read) response.setHeader('X-Nomad-KnownLeader', 'true').setHeader('X-Nomad-LastContact', '0');
  if (given.nextToken !== undefined) response.setHeader('X-Nomad-NextToken', given.nextToken);
  if (given.body === undefined) return void response.writeHead(given.status ?? 200).end();
  const type = given.plain ? 'text/plain; charset=utf-8' : 'application/json';
  response.writeHead(given.status ?? 200, { 'content-type': type });
  response.end(typeof given.body === 'string' && given.plain ? given.body : stringify(given.body, pretty));
}
