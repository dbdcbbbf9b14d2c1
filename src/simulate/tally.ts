/** What happened to all bots: times of each step, errors by cause, and counts. */

export interface StepTimes {
  readonly count: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export class Tally {
  private readonly steps = new Map<string, number[]>();
  private readonly causes = new Map<string, number>();
  private readonly counts = new Map<string, number>();

  time(step: string, milliseconds: number): void {
    const times = this.steps.get(step);
    if (times === undefined) this.steps.set(step, [milliseconds]);
    else times.push(milliseconds);
  }

  /** Something that a bot, as a browser, got over or not; the cause is a short sentence. */
  error(step: string, cause: string): void {
    const key = `${step}: ${cause}`;
    this.causes.set(key, (this.causes.get(key) ?? 0) + 1);
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  counted(what: string): number {
    return this.counts.get(what) ?? 0;
  }

  times(step: string): readonly number[] {
    return this.steps.get(step) ?? [];
  }

  stepTimes(): Record<string, StepTimes> {
    return Object.fromEntries([...this.steps].map(([step, times]) => [step, summary(times)]));
  }

  errors(): Record<string, number> {
    return Object.fromEntries([...this.causes].sort(([, a], [, b]) => b - a));
  }
}

function summary(times: readonly number[]): StepTimes {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number => Math.round(percentile(sorted, share));
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

/** The smallest value that is not exceeded by this share of them. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(Math.ceil(share * sorted.length) - 1, 0)] ?? 0;
}
