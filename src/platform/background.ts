import { Repeated } from './repeated.js';

interface BackgroundParts {
  readonly everyMs: number;
  readonly look: () => Promise<void>;
  readonly failed: (error: unknown) => void;
}

/** What a process looks for again and again beside its answers: at once when hurried, never twice at once, until it stops. */
export class Background {
  private readonly stopping = new AbortController();
  private readonly looks = new Repeated(() => this.lookUnlessStopped());
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly parts: BackgroundParts) {
    this.timer = setInterval(() => {
      this.hurry();
    }, parts.everyMs);
  }

  /** Aborted when the process stops; for what a look began. */
  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  hurry(): void {
    this.looks.hurry();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.stopping.abort();
    await this.looks.rest();
  }

  private async lookUnlessStopped(): Promise<void> {
    if (this.signal.aborted) return;
    try {
      await this.parts.look();
    } catch (error) {
      this.parts.failed(error);
    }
  }
}

/** How long to wait after so many failures in a row, each time twice as long. */
export const pauseAfter = (failures: number, firstMs: number, longestMs: number): number =>
  Math.min(firstMs * 2 ** (failures - 1), longestMs);
