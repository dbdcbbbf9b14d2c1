import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cleanup, withCleanup } from '../src/local/cleanup.js';
import { startServices } from '../src/local/index.js';
import { freePort } from '../src/local/ports.js';
import { ManagedProcess } from '../src/local/process.js';
import { startProcess } from '../src/local/stack.js';
import { publishStudy } from '../src/participants/study-store.js';
import { newInstanceId } from '../src/platform/identity.js';
import { openDatabase } from '../src/platform/postgres/database.js';
import { migrate } from '../src/platform/postgres/migrate.js';
import { packageRoot } from '../src/platform/root.js';
import { readStudy } from '../src/studies/read.js';
import { PlainParticipant } from '../test/browser/running-platform.js';
import { median, round2 } from './refill.js';

const CONNECTIONS = 128;
const PARTICIPANTS = 16;
const SECONDS = 2;
const ROUNDS = 7;

/** Where to ask, and the requests that the connections send in turn. */
interface Target {
  readonly port: number;
  readonly requests: readonly string[];
}

/**
 * Traefik's questions that the gate answers a second, each for a participant with a lease in Postgres, against a bare Koa that says
 * hello, asked in the same way.
 */
export async function gate(): Promise<object> {
  const runDir = await mkdtemp(path.join(tmpdir(), 'observatory-bench-'));
  const measured = { gate: [] as number[], koa: [] as number[] };
  try {
    await withCleanup(async (cleanup) => {
      const targets = { gate: await startGate(runDir, cleanup), koa: await startKoa(runDir, cleanup) };
      for (let round = 0; round <= ROUNDS; round += 1) {
        const koa = await perSecond(targets.koa);
        const ours = await perSecond(targets.gate);
        console.log(`round ${round}: bare Koa ${Math.round(koa)} answers/s, gate ${Math.round(ours)} answers/s`);
        // The first round only warms up.
        if (round === 0) continue;
        measured.koa.push(koa);
        measured.gate.push(ours);
      }
    });
  } finally {
    await rm(runDir, { recursive: true, force: true });
  }
  const [ours, koa] = [median(measured.gate), median(measured.koa)];
  return {
    ratio: round2(ours / koa),
    gateAnswersPerSecond: Math.round(ours),
    bareKoaAnswersPerSecond: Math.round(koa),
    connections: CONNECTIONS,
  };
}

async function startGate(runDir: string, cleanup: Cleanup): Promise<Target> {
  const services = await startServices({ runDir, only: ['postgres', 'redis'], cleanup, log: console.log });
  const database = openDatabase(services.environment['DATABASE_URL']!, () => undefined);
  cleanup.add({ name: 'database', stop: () => database.end() });
  await migrate(database);
  const study = await readStudy(path.join(packageRoot, 'studies/crypto-api'));
  await publishStudy(database, { ...study, caps: { maxParticipants: null, perAddressAndDay: null } });
  const web = `http://${services.environment['OBSERVATORY_LISTEN']}`;
  const environment = {
    ...services.environment,
    OBSERVATORY_SECRET: 'a secret of the benchmark, used nowhere else',
    OBSERVATORY_PUBLIC_URL: web,
    // Each participant asks as often as a thousand do.
    OBSERVATORY_LIMITS: 'gate=100000000',
  };
  await startProcess({ environment, publicUrl: web, logDir: path.join(runDir, 'logs') }, cleanup, 'web');
  const requests: string[] = [];
  while (requests.length < PARTICIPANTS) {
    await database.query(
      `insert into instances (id, profile, state, job_id, ready_at) values ($1, 'default', 'ready', 'job-' || $1, now())`,
      [newInstanceId()],
    );
    const who = new PlainParticipant(web);
    await who.consent();
    const notebook = (await who.assigned())!;
    requests.push(asTraefikAsks(`${notebook}api/kernels`, who.cookie));
  }
  return { port: Number(services.gateListen.split(':')[1]), requests };
}

const asTraefikAsks = (uri: string, cookie: string): string =>
  [
    'GET /gate HTTP/1.1',
    'Host: web:6201',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
    'Accept: application/json',
    'Accept-Encoding: gzip',
    `Cookie: ${cookie}`,
    'X-Forwarded-For: 203.0.113.7',
    'X-Forwarded-Host: study.example',
    'X-Forwarded-Method: GET',
    'X-Forwarded-Proto: https',
    `X-Forwarded-Uri: ${uri}`,
    '\r\n',
  ].join('\r\n');

async function startKoa(runDir: string, cleanup: Cleanup): Promise<Target> {
  const port = await freePort();
  const program = path.join(packageRoot, 'bench/koa-hello.ts');
  const koa = await ManagedProcess.start(
    {
      name: 'koa-hello',
      command: process.execPath,
      args: ['--import', 'tsx', program, String(port)],
      env: { ...process.env, NODE_ENV: 'production' },
      logDir: path.join(runDir, 'logs'),
    },
    cleanup,
  );
  await koa.waitUntilReady(() => fetch(`http://127.0.0.1:${port}`).then((answer) => answer.ok));
  return { port, requests: [asTraefikAsks('/', 'a=b')] };
}

/** Answers that all connections got together, each asking again as soon as it is answered. */
async function perSecond({ port, requests }: Target): Promise<number> {
  const connections = Array.from({ length: CONNECTIONS }, (_, index) =>
    Asking.start(port, Buffer.from(requests[index % requests.length]!)),
  );
  const start = performance.now();
  await sleep(SECONDS * 1000);
  const seconds = (performance.now() - start) / 1000;
  const answers = connections.reduce((sum, connection) => sum + connection.stop(), 0);
  return answers / seconds;
}

/** A client of its own that costs next to nothing: Node's takes longer than what it would measure. */
class Asking {
  private answers = 0;
  private failure: string | undefined;

  private constructor(private readonly socket: Socket) {}

  static start(port: number, request: Buffer): Asking {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => socket.write(request));
    const asking = new Asking(socket);
    let received = '';
    socket.on('error', (error) => (asking.failure ??= error.message));
    socket.setEncoding('latin1').on('data', (part: string) => {
      received += part;
      const head = received.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(received)?.[1]);
      if (received.length < head + 4 + length) return;
      if (!received.startsWith('HTTP/1.1 200 ')) asking.failure ??= received;
      received = '';
      asking.answers += 1;
      socket.write(request);
    });
    return asking;
  }

  stop(): number {
    this.socket.destroy();
    if (this.failure !== undefined) throw new Error(`not answered with 200: ${this.failure}`);
    return this.answers;
  }
}
