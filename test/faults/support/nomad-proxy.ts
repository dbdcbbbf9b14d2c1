import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** What becomes of a call. Without one it is handed on, and its answer too. */
export type Trouble =
  /** Nomad does it; the answer comes only when the test lets it. */
  | { readonly kind: 'late'; readonly until: Promise<unknown> }
  /** Nomad does it, and the caller is told that it failed. */
  | { readonly kind: 'error-after-success' }
  /** Nomad does it, and the caller never hears of it. */
  | { readonly kind: 'no-answer' }
  /** What a server says that has waited 5 s for a leader. */
  | { readonly kind: 'no-leader' };

export interface NomadCall {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
}

export const isDispatch = ({ method, path }: NomadCall): boolean =>
  (method === 'POST' || method === 'PUT') && path.endsWith('/dispatch');
const isStream = ({ path }: NomadCall): boolean => path === '/v1/event/stream';

/** Between the managers and Nomad: hands everything on, except what a test wants to go wrong. */
export class NomadProxy {
  /** Asked for each call. */
  trouble: (call: NomadCall) => Trouble | undefined = () => undefined;
  streamsAllowed = true;
  private readonly streams = new Set<ServerResponse>();
  private readonly seen: NomadCall[] = [];

  private constructor(
    private readonly target: URL,
    private readonly server: Server,
    readonly address: string,
  ) {}

  static async start(target: string): Promise<NomadProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const proxy = new NomadProxy(new URL(target), server, `http://127.0.0.1:${port}`);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      proxy.handle(request, response);
    });
    return proxy;
  }

  /** All goes well again. */
  heal(): void {
    this.trouble = () => undefined;
    this.streamsAllowed = true;
  }

  count(matching: (call: NomadCall) => boolean): number {
    return this.seen.filter(matching).length;
  }

  get openStreams(): number {
    return this.streams.size;
  }

  cutStreams(): void {
    for (const stream of this.streams) stream.destroy();
  }

  /** As if nobody listened there: the port is closed, and so is every connection. */
  async refuse(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  async accept(): Promise<void> {
    this.server.listen(Number(new URL(this.address).port), '127.0.0.1');
    await once(this.server, 'listening');
  }

  async stop(): Promise<void> {
    if (this.server.listening) await this.refuse();
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    const call = { method: request.method ?? '', path: new URL(request.url ?? '/', this.target).pathname };
    this.seen.push(call);
    if (isStream(call)) {
      if (!this.streamsAllowed) {
        response.destroy();
        return;
      }
      this.streams.add(response);
      response.on('close', () => this.streams.delete(response));
    }
    const trouble = this.trouble(call);
    if (trouble?.kind === 'no-leader') {
      request.resume();
      setTimeout(() => response.writeHead(500).end('No cluster leader'), 5_000).unref();
      return;
    }
    this.handOn(request, response, trouble);
  }

  private handOn(request: IncomingMessage, response: ServerResponse, trouble: Trouble | undefined): void {
    const { hostname, port } = this.target;
    const { method, headers, url: path } = request;
    const forwarded = httpRequest({ hostname, port, method, headers, path, agent: false }, (answer) => {
      if (trouble === undefined) return giveBack(answer, response);
      answer.resume();
      answer.on('end', () => {
        if (trouble.kind === 'error-after-success') response.writeHead(500).end('rpc error: EOF');
      });
      return undefined;
    });
    if (trouble?.kind === 'late') {
      forwarded.removeAllListeners('response');
      forwarded.on('response', (answer: IncomingMessage) => {
        void trouble.until.then(() => {
          giveBack(answer, response);
        });
      });
    }
    forwarded.on('error', () => response.destroy());
    response.on('close', () => forwarded.destroy());
    request.pipe(forwarded);
  }
}

function giveBack(answer: IncomingMessage, response: ServerResponse): void {
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  answer.on('error', () => response.destroy());
  answer.pipe(response);
}
