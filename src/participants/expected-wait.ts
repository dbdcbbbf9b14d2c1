/** How long somebody in the line will wait, as far as it can be told. */

/** What a profile's line is served from, all in seconds. */
export interface Supply {
  readonly ready: number;
  /** Since each instance that boots was dispatched. */
  readonly booting: readonly number[];
  /** Since each instance in use was given out. */
  readonly leased: readonly number[];
  /** What the latest instances took to boot. */
  readonly boots: readonly number[];
  /** What the latest participants had theirs for. */
  readonly sessions: readonly number[];
}

/** Fewer say nothing of how long others will work: the first who are done are the fastest. */
const SESSIONS_NEEDED = 3;

/**
 * Seconds until each of so many in the line has an instance; null from where on there is nothing to tell it from. Each instance comes
 * at its time: what is ready now, what boots when that is over, what is in use after its participant and a new boot. Whoever is
 * served then has it for a session, and it comes again.
 */
export function expectedWaits(people: number, supply: Supply): (number | null)[] {
  const boot = share(supply.boots, 0.8);
  const isSessionKnown = supply.sessions.length >= SESSIONS_NEEDED && boot !== null;
  const first = [
    ...Array<number>(supply.ready).fill(0),
    ...remaining(supply.booting, supply.boots),
    ...(isSessionKnown ? remaining(supply.leased, supply.sessions).map((seconds) => seconds + boot) : []),
  ];
  const times = [...first];
  if (isSessionKnown && first.length > 0) {
    // Of many in a row, the long make up for the short.
    const round = share(supply.sessions, 0.5)! + share(supply.boots, 0.5)!;
    for (let n = 1; n * first.length < people + first.length; n += 1) {
      times.push(...first.map((seconds) => seconds + n * round));
    }
  }
  times.sort((a, b) => a - b);
  return Array.from({ length: people }, (_, before) => times[before] ?? null);
}

/** What so large a share of the measured did not take longer than. */
function share(measured: readonly number[], part: number): number | null {
  const sorted = [...measured].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * part) - 1] ?? null;
}

/**
 * What is left of each, as four of five of those tell that took longer than it has now: who waits is sooner glad than sorry.
 * Nobody counts on one that takes longer than all.
 */
function remaining(ages: readonly number[], measured: readonly number[]): number[] {
  return ages.flatMap((age) => {
    const whole = share(
      measured.filter((seconds) => seconds > age),
      0.8,
    );
    return whole === null ? [] : [Math.max(whole - age, 1)];
  });
}
