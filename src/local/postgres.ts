import { randomBytes } from 'node:crypto';
import { chownSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { run } from './binaries.js';
import { freePort, retryOnTakenPort } from './ports.js';
import { findPostgres } from './postgres-binaries.js';
import { Service, type RunContext } from './service.js';
import { folderFor, treeFor, unprivilegedUser, type User } from './unprivileged.js';

const NAME = 'observatory';

/** The data ends with the run, so it need not survive the machine; that of a killed server survives, as without these settings. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_connections: '200',
  password_encryption: 'scram-sha-256',
  jit: 'off',
};

interface Server {
  tree: string;
  data: string;
  home: string;
  user: User | undefined;
  password: string;
}

async function initialise({ tree, data, home, user, password }: Server): Promise<void> {
  const passwordFile = path.join(home, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user !== undefined) chownSync(passwordFile, user.uid, user.gid);
  const login = ['--username', NAME, '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  const cluster = ['--encoding=UTF8', '--locale=C', '--no-sync', '-D', data];
  await run(path.join(tree, 'bin/initdb'), [...cluster, ...login], { cwd: home, ...user });
  await rm(passwordFile);
}

function urlOf(port: number, password: string, database: string): string {
  return `postgres://${NAME}:${password}@127.0.0.1:${port}/${database}`;
}

/** True once the server takes queries and our database is there. */
async function isReady(port: number, password: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: urlOf(port, password, 'postgres'), connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined); // a server that starts up ends connections; the query tells
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [NAME]);
    if (rowCount === 0) await client.query(`create database ${NAME}`);
    return true;
  } finally {
    await client.end();
  }
}

async function startOwn(context: RunContext, server: Server, found: { source: 'path' | 'cache'; fresh: boolean }) {
  const port = await freePort();
  const settings = Object.entries({ ...SETTINGS, port: String(port) }).flatMap(([key, value]) => [
    '-c',
    `${key}=${value}`,
  ]);
  return Service.start(context, {
    name: 'postgres',
    address: urlOf(port, server.password, NAME),
    source: found.source,
    fresh: found.fresh,
    spec: {
      command: path.join(server.tree, 'bin/postgres'),
      args: ['-D', server.data, ...settings],
      cwd: server.home,
      ...server.user,
      // "Fast": ends connections rather than waiting for clients to leave, as it does on SIGTERM.
      stopSignal: 'SIGINT',
    },
    isReady: () => isReady(port, server.password),
  });
}

/** The PostgreSQL of the environment (DATABASE_URL), or a server of our own; a superuser's URL to an empty database. */
export async function startPostgres(context: RunContext): Promise<Service> {
  const given = process.env.DATABASE_URL;
  if (given) return Service.external('postgres', given);
  const found = await findPostgres(context.cache);
  const user = unprivilegedUser();
  const home = folderFor(user, path.join(context.runDir, 'postgres'), context.cleanup);
  const tree = treeFor(user, found.path, 'bin/postgres', context.cleanup);
  const server = { tree, home, data: path.join(home, 'data'), user, password: randomBytes(18).toString('hex') };
  await initialise(server);
  return retryOnTakenPort(() => startOwn(context, server, found));
}
