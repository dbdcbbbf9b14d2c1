/** How far clocks may differ: leadership, boot deadlines and sessions count in seconds. */
export const CLOCK_LIMIT_SECONDS = 2;

export interface ClockReading {
  readonly source: string;
  /** Its time minus ours, in seconds. */
  readonly offset: number;
  /** How far the reading may be wrong. */
  readonly error: number;
}

/** A time read between two moments of ours, of a clock that shows steps of `step` seconds. */
export function readingOf(source: string, sent: number, received: number, shown: number, step: number): ClockReading {
  const middle = (sent + received) / 2;
  return { source, offset: (shown - middle) / 1000 + step / 2, error: (received - sent) / 2000 + step / 2 };
}

/** Those that are off for certain; undefined when no clock is. */
export function clockProblem(readings: readonly ClockReading[]): string | undefined {
  const off = readings.filter(({ offset, error }) => Math.abs(offset) - error > CLOCK_LIMIT_SECONDS);
  if (off.length === 0) return undefined;
  if (
    off.length === readings.length &&
    off.length > 1 &&
    new Set(off.map(({ offset }) => Math.sign(offset))).size === 1
  ) {
    const least = Math.min(...off.map(({ offset }) => Math.abs(offset)));
    const direction = (off[0]?.offset ?? 0) > 0 ? 'behind' : 'ahead of';
    return `the clock of this machine is ${inWords(least)} ${direction} ${off.map(({ source }) => source).join(', ')}`;
  }
  return off
    .map(({ source, offset }) => `${source} is ${inWords(Math.abs(offset))} ${offset > 0 ? 'ahead' : 'behind'}`)
    .join(', ');
}

export function inWords(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}
