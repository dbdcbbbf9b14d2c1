/** The time that is left for a task (free of the DOM). */

/** Minutes before the end at which it is told. */
const WARNINGS = [5, 1];

export class TaskClock {
  private readonly end: number;
  private warnings: number[];

  /** `now` in milliseconds; `used` are the seconds that the task has taken already. */
  constructor(
    private readonly now: () => number,
    minutes: number,
    used: number,
  ) {
    this.end = now() + (minutes * 60 - used) * 1000;
    this.warnings = WARNINGS.filter((warning) => warning * 60 < this.secondsLeft);
  }

  /** Whole seconds, rounded up: 0 only when the time is over. */
  get secondsLeft(): number {
    return Math.max(0, Math.ceil((this.end - this.now()) / 1000));
  }

  /** The minutes to be told now, once each; of several that have passed unseen the last. */
  warning(): number | null {
    const due = this.warnings.filter((warning) => this.secondsLeft <= warning * 60);
    this.warnings = this.warnings.filter((warning) => !due.includes(warning));
    return due.at(-1) ?? null;
  }
}

/** `7:05` */
export function clockText(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
