import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that listens on `host:port`; rejects when it cannot. */
export async function listen(answer: RequestListener, address: string): Promise<Server> {
  const server = createServer(answer);
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
    server.close(() => {
      resolve();
    });
    server.closeIdleConnections();
  });
}
