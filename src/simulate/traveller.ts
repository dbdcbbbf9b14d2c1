/** A visitor who goes on when the way is blocked for a moment, as a person reloads a page, and says what each step took. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Tally } from './tally.js';
import { Visitor } from './visitor.js';

/** A step that did not succeed. */
export class StepError extends Error {
  constructor(
    readonly step: string,
    readonly reason: string,
  ) {
    super(`${step}: ${reason}`);
  }
}

/** The network is away on purpose. */
export class OfflineError extends Error {}

const TIMEOUT_MS = 20_000;
const PATIENCE_MS = 120_000;

export class Traveller extends Visitor {
  isOffline = false;
  /** Before each request. */
  latencyMs = 0;

  constructor(
    publicUrl: string,
    private readonly tally: Tally,
  ) {
    super(publicUrl);
  }

  override async request(pathname: string, init: RequestInit = {}): Promise<Response> {
    if (this.isOffline) throw new OfflineError('offline');
    if (this.latencyMs > 0) await sleep(this.latencyMs);
    return super.request(pathname, { signal: AbortSignal.timeout(TIMEOUT_MS), ...init });
  }

  /** Again after a pause while nobody answers; any other answer is returned. The last try's time counts for the step. */
  async ask(step: string, pathname: string, init: RequestInit = {}): Promise<Response> {
    const deadline = performance.now() + PATIENCE_MS;
    for (let pause = 500; ; pause = Math.min(pause * 1.5, 5_000)) {
      const since = performance.now();
      let trouble: string | undefined;
      try {
        const response = await this.request(pathname, init);
        trouble = passing(response);
        if (trouble === undefined) {
          this.tally.time(step, performance.now() - since);
          return response;
        }
        pause = Math.max(pause, Number(response.headers.get('retry-after') ?? 0) * 1000);
      } catch (error) {
        if (!(error instanceof OfflineError)) trouble = causeOf(error);
      }
      if (trouble !== undefined) this.tally.error(step, trouble);
      if (performance.now() > deadline) throw new StepError(step, trouble ?? 'offline');
      await sleep(pause);
    }
  }

  /** The text of a page that must be there. */
  async page(step: string, pathname: string, init: RequestInit = {}): Promise<string> {
    const response = await this.ask(step, pathname, init);
    const text = await response.text();
    if (response.status !== 200) throw new StepError(step, refusalIn(response, text));
    return text;
  }
}

/** What will be over in a moment: Traefik without the web app behind it, or too many requests. */
function passing(response: Response): string | undefined {
  const { status } = response;
  const isProxy = status === 404 && (response.headers.get('content-type') ?? '').startsWith('text/plain');
  return isProxy || [429, 502, 503, 504].includes(status) ? `answered with ${status}` : undefined;
}

/** As the page names it. */
export function refusalIn(response: Response, text: string): string {
  const code = /data-code="([^"]*)"/.exec(text)?.[1] ?? /"error":"([^"]*)"/.exec(text)?.[1];
  return `answered with ${response.status}${code === undefined ? '' : ` ${code}`}`;
}

/** In one line, the same for the same kind of trouble. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error.cause as { code?: unknown } | undefined)?.code ?? (error as { code?: unknown }).code;
  return typeof code === 'string' ? `${error.message} (${code})` : error.message;
}
