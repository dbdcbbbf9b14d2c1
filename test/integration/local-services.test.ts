import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import pg from 'pg';
import { startServices, type LocalServices } from '../../src/local/index.js';
import { groupLives } from '../../src/local/process-group.js';

/** Downloads happen at the first run of a clone. */
const FIRST_RUN_MS = 300_000;

const pidsOf = ({ services }: LocalServices) => Object.values(services).flatMap(({ pid }) => pid ?? []);

async function useEach({ environment, traefikAdminUrl }: LocalServices): Promise<unknown[]> {
  const client = new pg.Client(environment.DATABASE_URL);
  await client.connect();
  const { rows } = await client.query<{ name: string; sum: number }>('select current_database() as name, 1 + 1 as sum');
  await client.end();
  const redis = new Redis(environment.REDIS_URL ?? '');
  const pong = await redis.ping();
  redis.disconnect();
  const key = `${environment.CONSUL_HTTP_ADDR ?? ''}/v1/kv/observatory/example`;
  await fetch(key, { method: 'PUT', body: 'kept' });
  const kept = await (await fetch(`${key}?raw`)).text();
  const ping = await (await fetch(`${traefikAdminUrl ?? ''}/ping`)).text();
  return [rows, pong, kept, ping];
}

const EACH_ANSWERS = [[{ name: 'observatory', sum: 2 }], 'PONG', 'kept', 'OK'];

describe('the services of the one-machine stack', function () {
  this.timeout(FIRST_RUN_MS);
  let runDir: string;
  beforeEach(async () => {
    runDir = await mkdtemp(path.join(tmpdir(), 'observatory-run-'));
  });
  afterEach(() => rm(runDir, { recursive: true }));

  it('start, answer and leave no process, two stacks side by side', async () => {
    const lines: string[] = [];
    const stacks = await Promise.all(
      ['one', 'two'].map((name) => startServices({ runDir: path.join(runDir, name), log: (line) => lines.push(line) })),
    );
    const pids = stacks.flatMap(pidsOf);
    try {
      for (const stack of stacks) assert.deepEqual(await useEach(stack), EACH_ANSWERS);
      assert.equal(pids.length, 8);
      assert.equal(
        lines.filter((line) => /^(postgres|redis|consul|traefik) +ready +\S+ +\(.* s\)$/.test(line)).length,
        8,
      );
    } finally {
      await Promise.all(stacks.map((stack) => stack.stop()));
    }
    assert.deepEqual(pids.filter(groupLives), []);
  });

  it('come back at the same address with the same data after a crash', async () => {
    const stack = await startServices({ runDir, only: ['postgres'] });
    try {
      const { postgres } = stack.services;
      assert.ok(postgres?.pid);
      const query = async (sql: string) => {
        const client = new pg.Client(postgres.address);
        await client.connect();
        return client.query(sql).finally(() => client.end());
      };
      await query('create table kept as select 1 as one');
      process.kill(-postgres.pid, 'SIGKILL');
      assert.equal(await postgres.exited, 'signal SIGKILL');
      await postgres.restart();
      assert.deepEqual((await query('select one from kept')).rows, [{ one: 1 }]);
    } finally {
      await stack.stop();
    }
  });

  it('that the environment names are used and left alone', async () => {
    process.env.REDIS_URL = 'redis://elsewhere.example:6379';
    try {
      const stack = await startServices({ runDir, only: ['redis'] });
      assert.equal(stack.environment.REDIS_URL, 'redis://elsewhere.example:6379');
      assert.deepEqual(pidsOf(stack), []);
      await stack.stop();
    } finally {
      delete process.env.REDIS_URL;
    }
  });
});

/** A server that tells what reached it; as the gate it answers Traefik's question by the cookie. */
async function startEcho(listen: string, name: string) {
  const answer = ({ url, headers }: IncomingMessage) => JSON.stringify({ name, url, headers });
  const server = createServer((request, response) => {
    if (name === 'gate') {
      const allowed = request.headers.cookie === 'observatory=mine';
      response.writeHead(allowed ? 204 : 403, allowed ? { authorization: 'token instance' } : {}).end();
    } else response.end(answer(request));
  });
  server.on('upgrade', (request, socket) => {
    socket.end(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n' + answer(request),
    );
  });
  const [host, port] = listen.split(':');
  await new Promise<void>((resolve) => server.listen(Number(port), host, resolve));
  const address = server.address();
  return { port: typeof address === 'object' ? address?.port : undefined, server };
}

interface Echo {
  name: string;
  url: string;
  headers: Record<string, string>;
}

describe('the routes of the one-machine stack', function () {
  this.timeout(FIRST_RUN_MS);
  const id = '0123456789ab';
  let runDir: string;
  let stack: LocalServices;
  let publicUrl: string;
  let servers: Awaited<ReturnType<typeof startEcho>>[];

  before(async () => {
    runDir = await mkdtemp(path.join(tmpdir(), 'observatory-run-'));
    stack = await startServices({ runDir, only: ['traefik'] });
    publicUrl = stack.environment.OBSERVATORY_PUBLIC_URL ?? '';
    servers = [
      await startEcho(stack.webListen, 'web'),
      await startEcho('127.0.0.1:0', 'instance'),
      await startEcho(stack.gateListen, 'gate'),
    ];
    const router = `traefik.http.routers.instance-${id}`;
    const registration = {
      Name: 'observatory-instance',
      Address: '127.0.0.1',
      Port: servers[1]?.port,
      Tags: [
        'traefik.enable=true',
        `${router}.rule=PathPrefix(\`/proxy/${id}/api/\`)`,
        `${router}.middlewares=observatory-gate@file`,
      ],
    };
    const register = `${stack.environment.CONSUL_HTTP_ADDR ?? ''}/v1/agent/service/register`;
    await fetch(register, { method: 'PUT', body: JSON.stringify(registration) });
    for (const deadline = Date.now() + 5_000; Date.now() < deadline; await sleep(20)) {
      if ((await fetch(`${publicUrl}/proxy/${id}/api/`)).status === 403) break;
    }
  });
  after(async () => {
    for (const { server } of servers) server.close().closeAllConnections();
    await stack.stop();
    await rm(runDir, { recursive: true });
  });

  const get = async (url: string, headers: Record<string, string> = {}) => {
    const response = await fetch(publicUrl + url, { headers });
    return { status: response.status, echo: response.ok ? ((await response.json()) as Echo) : undefined };
  };

  it('send what no instance claims to the web app, with the client address that Traefik saw', async () => {
    const { echo } = await get('/consent?x=1', { 'x-forwarded-for': '203.0.113.7', x_forwarded_for: '203.0.113.7' });
    assert.deepEqual([echo?.name, echo?.url, echo?.headers['x-forwarded-for']], ['web', '/consent?x=1', '127.0.0.1']);
    assert.equal(echo?.headers.x_forwarded_for, undefined);
    assert.equal((await get(`/proxy/${id}/`)).echo?.name, 'web');
  });

  it('let to an instance only whom the gate allows, with the token that the gate adds', async () => {
    const url = `/proxy/${id}/api/kernels`;
    assert.equal((await get(url)).status, 403);
    const { echo } = await get(url, { cookie: 'observatory=mine', authorization: 'token of the client' });
    assert.deepEqual([echo?.name, echo?.url, echo?.headers.authorization], ['instance', url, 'token instance']);
  });

  it('pass the WebSocket of a kernel', async () => {
    const headers = { connection: 'Upgrade', upgrade: 'websocket', cookie: 'observatory=mine' };
    const sent = request(`${publicUrl}/proxy/${id}/api/kernels/k/channels`, { headers, agent: false });
    sent.end();
    const [response, socket, head] = (await once(sent, 'upgrade')) as [IncomingMessage, Duplex, Buffer];
    const { name, url } = JSON.parse(head.toString() + (await text(socket))) as Echo;
    assert.deepEqual([response.statusCode, name, url], [101, 'instance', `/proxy/${id}/api/kernels/k/channels`]);
  });

  it('are set up without a warning', async () => {
    const log = await readFile(stack.services.traefik?.logFile ?? '', 'utf8');
    assert.deepEqual(log.match(/^.* (WRN|ERR|FTL) .*$/gm) ?? [], []);
  });

  it('refuse a path that another program could read differently', async () => {
    assert.equal((await get(`/proxy/${id}/api/..%2f..%2fsecret`, { cookie: 'observatory=mine' })).status, 400);
  });
});
