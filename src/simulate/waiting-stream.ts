import { type IncomingHttpHeaders, request } from 'node:http';
import { request as requestSecurely } from 'node:https';

/** What the page's script is told. */
export interface Told {
  readonly state: 'waiting' | 'ready' | 'gone';
  readonly before?: number;
  readonly expected?: number | null;
  readonly position?: string;
  readonly wait?: string;
  readonly address?: string;
}

/** A stream of server-sent events, as a browser that takes compressed answers opens it. */
export class EventStream {
  readonly told: Told[] = [];
  readonly comments: string[] = [];
  headers: IncomingHttpHeaders = {};
  /** Whether it ended as it should; rejects when the connection broke. */
  readonly ended: Promise<void>;
  private readonly asking;
  private rest = '';

  constructor(
    address: string,
    cookie: string,
    private readonly hear: (told: Told) => void = () => undefined,
  ) {
    const headers = { cookie, accept: 'text/event-stream', 'accept-encoding': 'gzip, deflate, br' };
    const ask = address.startsWith('https:') ? requestSecurely : request;
    this.asking = ask(`${address}/waiting/events`, { headers, agent: false });
    this.ended = new Promise((resolve, reject) => {
      this.asking.on('error', reject).on('response', (response) => {
        this.headers = response.headers;
        if (response.statusCode !== 200) reject(new Error(`a stream was answered with ${response.statusCode}`));
        response.setEncoding('utf8').on('data', (text: string) => {
          this.take(text);
        });
        response.on('end', resolve).on('error', reject);
      });
    });
    // Not everybody waits for the end.
    this.ended.catch(() => undefined);
    this.asking.end();
  }

  close(): void {
    this.asking.destroy();
  }

  private take(text: string): void {
    const parts = (this.rest + text).split('\n\n');
    this.rest = parts.pop()!;
    for (const part of parts) {
      if (part.startsWith(':')) this.comments.push(part);
      else {
        const told = JSON.parse(part.replace(/^data: /, '')) as Told;
        this.told.push(told);
        this.hear(told);
      }
    }
  }
}
