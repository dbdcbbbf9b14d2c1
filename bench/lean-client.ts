import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/**
 * One kept-alive HTTP connection that sends ready-made requests one after another, and reads of an answer what it must: what is
 * measured on few cores is the server, not a client library.
 */
export class LeanClient {
  private text = '';
  private waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined;

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.setEncoding('latin1').on('data', (part: string) => {
      this.text += part;
      this.read();
    });
    socket.on('error', (error) => this.waiting?.reject(error));
    socket.on('close', () => this.waiting?.reject(new Error('the server closed the connection')));
  }

  static async connect({ hostname, port }: URL): Promise<LeanClient> {
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new LeanClient(socket);
  }

  send(request: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.write(request);
    });
  }

  close(): void {
    this.waiting = undefined;
    this.socket.destroy();
  }

  private read(): void {
    const headEnd = this.text.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const length = /\r\ncontent-length: (\d+)/i.exec(this.text)?.[1];
    if (length === undefined) {
      this.waiting?.reject(new Error(`an answer without a length: ${this.text}`));
      return;
    }
    const end = headEnd + 4 + Number(length);
    if (this.text.length < end) return;
    const answer = { status: Number(this.text.slice(9, 12)), body: this.text.slice(headEnd + 4, end) };
    this.text = this.text.slice(end);
    this.waiting?.resolve(answer);
  }
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A POST of JSON as it goes over the wire. */
export function jsonRequest(target: URL, headers: Readonly<Record<string, string>>, body: string): Buffer {
  const lines = Object.entries({
    host: target.host,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST ${target.pathname} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
}
