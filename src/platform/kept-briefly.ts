interface Kept<T> {
  readonly value: Promise<T>;
  readonly since: number;
}

/** What takes a while to compute and may be a little old: computed once for all who ask meanwhile, and kept for a time. */
export class KeptBriefly<T> {
  private readonly kept = new Map<string, Kept<T>>();

  /** @param now in milliseconds; given by tests */
  constructor(
    private readonly milliseconds: number,
    private readonly compute: (key: string) => Promise<T>,
    private readonly now: () => number = Date.now,
  ) {}

  /** Fails as the computation does; the next who asks has it tried again. */
  get(key: string): Promise<T> {
    const now = this.now();
    for (const [name, { since }] of this.kept) if (now - since >= this.milliseconds) this.kept.delete(name);
    const known = this.kept.get(key);
    if (known) return known.value;
    const value = this.compute(key);
    this.kept.set(key, { value, since: now });
    value.catch(() => {
      if (this.kept.get(key)?.value === value) this.kept.delete(key);
    });
    return value;
  }
}
