interface Kept<T> {
  readonly value: Promise<T>;
  readonly since: number;
}

const MAX_KEPT = 10_000;

/** What takes a while to compute and may be a little old: computed once for all who ask meanwhile, and kept for a time. */
export class KeptBriefly<T> {
  private readonly kept = new Map<string, Kept<T>>();

  /** @param now in milliseconds; given by tests */
  constructor(
    private readonly milliseconds: number,
    private readonly compute: (key: string) => Promise<T>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Fails as the computation does; the next who asks has it tried again. */
  get(key: string): Promise<T> {
    const now = this.now();
    const known = this.kept.get(key);
    if (known !== undefined && now - known.since < this.milliseconds) return known.value;
    if (this.kept.size >= MAX_KEPT) this.kept.clear();
    const value = this.compute(key);
    this.kept.set(key, { value, since: now });
    value.catch(() => {
      if (this.kept.get(key)?.value === value) this.kept.delete(key);
    });
    return value;
  }
}
