import { createServer, type AddressInfo } from 'node:net';

const givenOut = new Set<number>();

function listenOnFreePort(): Promise<{ port: number; close: () => Promise<void> }> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      resolve({ port, close: () => new Promise((closed) => server.close(() => closed())) });
    });
  });
}

/** A port of 127.0.0.1 that is free now and that this process has not handed out before. */
export async function freePort(): Promise<number> {
  // Held until a new one is found: the kernel might offer the same one again.
  const held: (() => Promise<void>)[] = [];
  try {
    for (;;) {
      const { port, close } = await listenOnFreePort();
      held.push(close);
      if (!givenOut.has(port)) {
        givenOut.add(port);
        return port;
      }
    }
  } finally {
    await Promise.all(held.map((close) => close()));
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
