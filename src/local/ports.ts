import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const givenOut = new Set<number>();

/** Below the ports that systems give to outgoing connections: one of those could take ours before its server is up. */
const [LOWEST, HIGHEST] = [10_000, 32_767];

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    });
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** A port of 127.0.0.1 that is free now and that this process has not handed out before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST, HIGHEST + 1);
    if (givenOut.has(port)) continue;
    givenOut.add(port);
    if (await isFree(port)) return port;
  }
}

const BIND_FAILED =
  /address already in use|EADDRINUSE|could not bind|Failed listening on port|could not create any TCP\/IP/i;

/** Another program can take a port between our look and the service's bind; the service is then started again with new ports. */
export async function retryOnTakenPort<T>(start: () => Promise<T>, attempts = 3): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start();
    } catch (error) {
      if (attempt === attempts || !(error instanceof Error) || !BIND_FAILED.test(error.message)) throw error;
    }
  }
}
