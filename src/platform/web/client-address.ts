import type { IncomingMessage } from 'node:http';

/**
 * The address of the client: the socket's, unless that is a configured proxy; then the last address in
 * X-Forwarded-For that is not a proxy. What a client itself wrote into the header stands further left and is never read.
 */
export function clientAddress(request: IncomingMessage, trusted: readonly string[]): string {
  const socket = plain(request.socket.remoteAddress ?? 'unknown');
  if (!trusted.includes(socket)) return socket;
  const forwarded = String(request.headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((part) => plain(part.trim()))
    .filter((part) => part !== '');
  return forwarded.findLast((address) => !trusted.includes(address)) ?? forwarded[0] ?? socket;
}

const plain = (address: string): string => address.replace(/^::ffff:/, '');
