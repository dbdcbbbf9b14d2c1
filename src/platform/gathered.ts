/** A second group goes while the first is on its way: one that hangs stops nobody. */
const GROUPS_AT_ONCE = 2;

/**
 * What arrives together, or while Postgres answers others, goes there together: one statement for many costs little more than for
 * one. What comes alone waits for nothing but this turn of the event loop.
 */
export class Gathered<Item> {
  private waiting: Item[] = [];
  private underway = 0;
  private isSet = false;

  /** @param largest items of a group; @param work tells each item what became of it, also when it fails: it never rejects */
  constructor(
    private readonly largest: number,
    private readonly work: (items: readonly Item[]) => Promise<void>,
  ) {}

  add(item: Item): void {
    this.waiting.push(item);
    if (this.isSet) return;
    this.isSet = true;
    setImmediate(() => {
      this.isSet = false;
      this.next();
    });
  }

  private next(): void {
    if (this.underway >= GROUPS_AT_ONCE || this.waiting.length === 0) return;
    const group = this.waiting.splice(0, this.largest);
    this.underway += 1;
    void this.work(group).finally(() => {
      this.underway -= 1;
      this.next();
    });
  }
}
