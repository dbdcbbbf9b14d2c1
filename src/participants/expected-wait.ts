/** How long somebody in the line will wait, as far as it can be told. */

/** What a profile's line is served from. */
export interface Supply {
  readonly ready: number;
  /** Seconds since each instance that boots was dispatched. */
  readonly booting: readonly number[];
  /** Seconds that the latest instances took to boot. */
  readonly boots: readonly number[];
  /** Seconds since each of the latest times that an instance came free. */
  readonly freed: readonly number[];
}

/** A rate from fewer is a guess. */
const FREED_NEEDED = 3;
/** An instance that takes longer than this many usual boots may never come; nobody is told that it will. */
const OVERDUE = 2;

/**
 * Seconds until whoever has `before` people before them has an instance; null when there is nothing to tell it from. Those before
 * are served by what is ready, then by what boots, then by what comes free and boots anew.
 */
export function expectedWait(before: number, supply: Supply): number | null {
  if (before < supply.ready) return 0;
  const boot = usual(supply.boots);
  if (boot === null) return null;
  const coming = remaining(supply.booting, boot);
  const inBoot = coming[before - supply.ready];
  if (inBoot !== undefined) return inBoot;
  const rate = freeRate(supply.freed);
  if (rate === null) return null;
  const behind = before - supply.ready - coming.length;
  return Math.max(coming.at(-1) ?? 0, boot + (behind + 1) / rate);
}

/** What four of five boots did not take longer than: who waits is sooner glad than sorry. */
function usual(boots: readonly number[]): number | null {
  const sorted = [...boots].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.8) - 1] ?? null;
}

function remaining(booting: readonly number[], boot: number): number[] {
  return booting
    .filter((age) => age < OVERDUE * boot)
    .map((age) => Math.max(boot - age, 1))
    .sort((a, b) => a - b);
}

/** Of a second. The first of them only begins the time in which the others came; a pause until now counts, too. */
function freeRate(freed: readonly number[]): number | null {
  if (freed.length < FREED_NEEDED) return null;
  return (freed.length - 1) / Math.max(...freed, 1);
}
