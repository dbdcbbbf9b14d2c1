import { type ClientRequest, request } from 'node:http';
import { once } from 'node:events';
import { WebSocket } from 'ws';

export interface RawRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The address that the request comes from. */
  readonly localAddress?: string;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** A request whose path goes out as it is written: fetch would make `..` and `%2e` harmless before they leave. */
export function rawRequest(base: string, path: string, { body, ...options }: RawRequest = {}): Promise<RawAnswer> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const sent: ClientRequest = request(
      { hostname, port, path, agent: false, timeout: 10_000, ...options },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => (text += chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text });
        });
      },
    );
    sent.on('error', reject);
    sent.on('timeout', () => sent.destroy(new Error(`no answer from ${base}${path}`)));
    sent.end(body);
  });
}

/** What the opening of a WebSocket is answered with: 101 when it opens. */
export async function websocketStatus(
  base: string,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  const socket = new WebSocket(base.replace('http', 'ws') + path, { headers });
  try {
    return await Promise.race([
      once(socket, 'open').then(() => 101),
      once(socket, 'unexpected-response').then(([, answer]) => (answer as { statusCode: number }).statusCode),
    ]);
  } finally {
    socket.on('error', () => undefined); // closed before it opened
    socket.terminate();
  }
}
