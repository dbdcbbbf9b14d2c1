/** A server that payloads want to reach, and that serves each of them to a browser as a careless page would. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Trap {
  readonly url: string;
  /** Numbers of the cases that reached it. */
  readonly reached: Set<number>;
  readonly stop: () => void;
}

export async function startTrap(barePage: (number: number) => string): Promise<Trap> {
  const reached = new Set<number>();
  const server = createServer((request, response) => {
    const [, first = '', second = ''] = (request.url ?? '').split('?')[0]!.split('/');
    const isBare = first === 'bare';
    if (!isBare && /^\d+$/.test(first)) reached.add(Number(first));
    response.writeHead(isBare ? 200 : 404, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
    response.end(isBare && /^\d+$/.test(second) ? `<!doctype html><body>${barePage(Number(second))}` : '');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reached,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
