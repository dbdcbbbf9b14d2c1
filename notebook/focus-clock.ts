/** Seconds that the page has had the window's focus since it was loaded (free of the DOM). */
export class FocusClock {
  private collected = 0;
  private since: number | null;

  constructor(
    private readonly now: () => number,
    focused: boolean,
  ) {
    this.since = focused ? now() : null;
  }

  focus(): void {
    this.since ??= this.now();
  }

  blur(): void {
    this.collected = this.milliseconds();
    this.since = null;
  }

  get seconds(): number {
    return Math.round(this.milliseconds() / 100) / 10;
  }

  private milliseconds(): number {
    return this.collected + (this.since === null ? 0 : this.now() - this.since);
  }
}
