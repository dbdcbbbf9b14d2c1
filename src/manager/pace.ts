import { pauseAfter } from '../platform/background.js';

/** Nudges within this time make one pass: Nomad tells each step of each instance. */
const GATHER_MS = 50;
/** Consul's checks and Traefik's routes tell nobody when they change, so they are asked for while instances boot. */
const BOOT_WATCH_MS = 400;
const FIRST_RETRY_MS = 500;
/** Nomad is to start instances, not to tell us of them: at most a fifth of the time is spent on passes. */
const REST = 4;

export interface PassEnd {
  readonly milliseconds: number;
  readonly changed: boolean;
  readonly failed: boolean;
  readonly booting: boolean;
}

/** How long after a pass the next one comes. A long pass is followed by a longer pause. */
export class Pace {
  private lastMs = 0;
  private failures = 0;

  constructor(private readonly intervalMs: number) {}

  /** Until the next pass when nothing happens. */
  idle(): number {
    return this.intervalMs;
  }

  /** Until the next pass after a nudge. */
  gather(): number {
    return Math.min(this.intervalMs, Math.max(GATHER_MS, REST * this.lastMs));
  }

  after({ milliseconds, changed, failed, booting }: PassEnd): number {
    this.lastMs = milliseconds;
    this.failures = failed ? this.failures + 1 : 0;
    if (failed) return pauseAfter(this.failures, FIRST_RETRY_MS, this.intervalMs);
    if (changed) return this.gather();
    return booting ? Math.min(this.intervalMs, Math.max(BOOT_WATCH_MS, REST * milliseconds)) : this.intervalMs;
  }
}
