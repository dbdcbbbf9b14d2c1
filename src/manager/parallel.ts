const LEAST = 1;
const FIRST = 16;
const MOST = 32;

/** How many calls may be under way at once: one more after a round of successes, half as many after an error. */
export class AdaptiveLimit {
  private limit = FIRST;
  private successes = 0;

  get current(): number {
    return this.limit;
  }

  succeeded(): void {
    this.successes += 1;
    if (this.successes < this.limit) return;
    this.successes = 0;
    this.limit = Math.min(MOST, this.limit + 1);
  }

  failed(): void {
    this.successes = 0;
    this.limit = Math.max(LEAST, Math.floor(this.limit / 2));
  }
}

/** Works off a queue that may grow meanwhile, as many at once as the limit allows at that moment. */
export async function inParallel<T>(queue: T[], limit: AdaptiveLimit, work: (item: T) => Promise<void>): Promise<void> {
  const underWay = new Set<Promise<void>>();
  while (queue.length > 0 || underWay.size > 0) {
    const item = underWay.size < limit.current ? queue.shift() : undefined;
    if (item === undefined) {
      await Promise.race(underWay);
      continue;
    }
    const working = work(item).finally(() => underWay.delete(working));
    underWay.add(working);
  }
}
