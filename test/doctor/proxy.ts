import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ProxyOptions {
  /** Added to each request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How far the clock behind it is ahead. */
  readonly dateShiftSeconds?: number;
}

/** A small HTTP proxy in front of a real service. */
export async function startProxy(target: string, { headers = {}, dateShiftSeconds = 0 }: ProxyOptions) {
  const server = createServer((incoming, outgoing) => {
    const asked = request(new URL(incoming.url ?? '/', target), {
      method: incoming.method,
      headers: { ...incoming.headers, ...headers },
      agent: false,
    });
    asked.on('response', (answer) => {
      const date = new Date(answer.headers.date ?? Date.now());
      const shifted = new Date(date.getTime() + dateShiftSeconds * 1000).toUTCString();
      outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, date: shifted });
      answer.pipe(outgoing);
    });
    asked.on('error', () => outgoing.destroy());
    incoming.pipe(asked);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
