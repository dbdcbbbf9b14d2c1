/** When participants come. Pure. */

export const ARRIVALS = ['poisson', 'burst', 'uniform'] as const;
export type Arrivals = (typeof ARRIVALS)[number];

/** A lecture that begins: all press their link within this time. */
const BURST_MS = 1_000;

export interface ArrivalPlan {
  readonly kind: Arrivals;
  readonly participants: number;
  /** A minute; a burst has none. */
  readonly rate: number;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** Milliseconds from the start at which each comes, ascending. */
export function arrivalTimes({ kind, participants, rate, random }: ArrivalPlan): number[] {
  const each = Array.from({ length: participants });
  const gap = 60_000 / rate;
  switch (kind) {
    case 'burst':
      return each.map(() => random() * BURST_MS).sort((a, b) => a - b);
    case 'uniform':
      return each.map((_, index) => index * gap);
    case 'poisson': {
      let at = 0;
      // 1 - random() is never 0.
      return each.map(() => (at += -Math.log(1 - random()) * gap));
    }
  }
}
