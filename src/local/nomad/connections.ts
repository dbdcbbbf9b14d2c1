import type { Socket } from 'node:net';

const perAddress = 100;
const words = 'Your IP is issuing too many concurrent connections, please rate limit your calls\n';
const refusal = [
  'HTTP/1.1 429 Too Many Requests',
  'Content-Type: text/plain',
  `Content-Length: ${words.length}`,
  'Connection: close',
  '',
  words,
].join('\r\n');

/**
 * Nomad's limit of connections from one client address. A connection counts until it is closed and nothing works on its
 * request any more: who aborts a blocking query gets the slot back only when its wait is over.
 */
export class ConnectionLimit {
  private readonly taken = new Map<string, number>();
  private readonly admitted = new WeakMap<Socket, { address: string; working: number }>();

  /** Called for each new connection; refuses at once, before anything was asked. */
  admit(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const taken = this.taken.get(address) ?? 0;
    if (taken >= perAddress) {
      socket.end(refusal);
      return;
    }
    this.taken.set(address, taken + 1);
    this.admitted.set(socket, { address, working: 0 });
    socket.once('close', () => {
      this.release(socket);
    });
  }

  /** Works on a request; what a refused connection asks is not heard. */
  async during(socket: Socket, work: () => Promise<void>): Promise<void> {
    const connection = this.admitted.get(socket);
    if (!connection) return;
    connection.working += 1;
    try {
      await work();
    } finally {
      connection.working -= 1;
      this.release(socket);
    }
  }

  private release(socket: Socket): void {
    const connection = this.admitted.get(socket);
    if (!connection || connection.working > 0 || !socket.destroyed) return;
    this.admitted.delete(socket);
    this.taken.set(connection.address, (this.taken.get(connection.address) ?? 1) - 1);
  }
}
