import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How long a client may take to send what it asks. */
export interface Patience {
  readonly headersSeconds: number;
  readonly requestSeconds: number;
}

/** The largest batch of events takes a minute and a half on a line of 1 Mbit/s. */
const patient: Patience = { headersSeconds: 15, requestSeconds: 120 };

/** Longer than Traefik keeps an idle connection (90 s): it never sends into one that is just being closed. */
const KEEP_ALIVE_SECONDS = 95;

/** A server that listens on `host:port`; rejects when it cannot. */
export async function listen(answer: RequestListener, address: string, patience = patient): Promise<Server> {
  const server = createServer(
    {
      headersTimeout: patience.headersSeconds * 1000,
      requestTimeout: patience.requestSeconds * 1000,
      connectionsCheckingInterval: Math.min(5, patience.headersSeconds) * 1000,
      keepAliveTimeout: KEEP_ALIVE_SECONDS * 1000,
    },
    answer,
  );
  const [host, port] = address.split(':') as [string, string];
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(Number(port), host, resolve);
  });
  return server;
}

export function addressOf(server: Server): string {
  const { address, port } = server.address() as AddressInfo;
  return `http://${address}:${port}`;
}

/** Answers what is under way first. */
export function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // What is under way is kept alive by its client afterwards, and closed when it is idle.
    const closing = setInterval(() => {
      server.closeIdleConnections();
    }, 100);
    server.close(() => {
      clearInterval(closing);
      resolve();
    });
    server.closeIdleConnections();
  });
}
