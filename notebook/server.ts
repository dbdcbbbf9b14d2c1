/** The web app's side of this notebook: everything under /proxy/<id>/ except the kernel. */
import type { Answer, EventBatch, NotebookConfiguration } from './protocol.js';

const TIMEOUT = 20_000;

export class ServerError extends Error {
  constructor(readonly status: number) {
    super(`the server answered ${status}`);
  }
}

export class NotebookServer {
  constructor(private instance: string) {}

  /** The kernel is on another instance now; what is sent to the old one is accepted too. */
  moveTo(instance: string): void {
    this.instance = instance;
  }

  async configuration(): Promise<NotebookConfiguration> {
    return (await this.get('notebook')) as NotebookConfiguration;
  }

  /** The instance that the participant has now, `null` while none is ready. */
  async place(): Promise<string | null> {
    return ((await this.get('place')) as { instance: string | null }).instance;
  }

  sendEvents(batch: EventBatch): Promise<Answer> {
    return this.post('events', batch, false);
  }

  /** With the last number that the page has used, so that the server knows what is still to come. */
  heartbeat(seq: number, page: string): Promise<Answer> {
    return this.post('heartbeat', { seq, page }, false);
  }

  finish(seq: number): Promise<Answer> {
    return this.post('finish', { seq }, false);
  }

  /** The page may be gone in a moment: the browser delivers this on its own. */
  sendLast(batch: EventBatch): Promise<Answer> {
    return this.post('events', batch, true);
  }

  private async get(path: string): Promise<unknown> {
    const response = await fetch(this.address(path), {
      credentials: 'same-origin',
      signal: AbortSignal.timeout(TIMEOUT),
    });
    if (!response.ok || response.redirected) throw new ServerError(response.redirected ? 410 : statusOf(response));
    return response.json();
  }

  private async post(path: string, body: unknown, keepalive: boolean): Promise<Answer> {
    const response = await fetch(this.address(path), {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'content-type': 'application/json', 'x-observatory': '1' },
      body: JSON.stringify(body),
      keepalive,
      ...(keepalive ? {} : { signal: AbortSignal.timeout(TIMEOUT) }),
    });
    const answer: unknown = await response.json().catch(() => null);
    return { status: statusOf(response), body: (answer ?? {}) as Answer['body'] };
  }

  private address(path: string): string {
    return `/proxy/${this.instance}/${path}`;
  }
}

/** The web app tells errors as JSON. Any other 404 is the proxy's: the web app is away for a moment, nothing is lost. */
function statusOf(response: Response): number {
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return response.status === 404 && !isJson ? 503 : response.status;
}
