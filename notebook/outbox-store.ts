/**
 * What the browser keeps until the server has it (free of the DOM).
 *
 * Changes are written in the order in which they were made, one transaction at a time; those made meanwhile go into the next one together.
 * A write that fails is no error for the page, which goes on sending from memory; `keepsAll` says that it failed.
 */
import type { EventKey, EventStore } from './event-store.js';
import type { NotebookEvent } from './protocol.js';

/** For the browser's store to open, milliseconds: some have been known never to answer. */
const PATIENCE = 3000;

export class OutboxStore {
  private readonly puts = new Map<string, NotebookEvent>();
  private readonly removals = new Map<string, EventKey>();
  private readonly unkept = new Map<string, NotebookEvent>();
  private isWriting = false;
  private written: Promise<void> = Promise.resolve();
  private onChange: () => void = () => undefined;

  constructor(
    private readonly store: EventStore,
    private readonly participant: string,
  ) {}

  /** Whether everything that was added, and not removed since, is kept or about to be. */
  get keepsAll(): boolean {
    return this.unkept.size === 0;
  }

  /** Told when `keepsAll` is another than before. */
  watch(onChange: () => void): void {
    this.onChange = onChange;
  }

  /** Empty where nothing can be read, as in a private window of some browsers, or not in a moment: the page must open. */
  async events(): Promise<NotebookEvent[]> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tooLate = new Promise<NotebookEvent[]>((resolve) => {
      timer = setTimeout(resolve, PATIENCE, []);
    });
    const events = await Promise.race([this.store.events(this.participant).catch(() => []), tooLate]);
    clearTimeout(timer);
    return events;
  }

  add(events: readonly NotebookEvent[]): void {
    for (const event of events) {
      this.removals.delete(nameOf(event));
      this.puts.set(nameOf(event), event);
    }
    this.write();
  }

  remove(keys: readonly EventKey[]): void {
    for (const key of keys) {
      this.puts.delete(nameOf(key));
      this.removals.set(nameOf(key), key);
    }
    this.write();
  }

  /** Resolves when nothing waits to be written any more. */
  async settled(): Promise<void> {
    await this.written;
  }

  private write(): void {
    if (this.isWriting) return;
    this.isWriting = true;
    this.written = this.writeAll();
  }

  private async writeAll(): Promise<void> {
    await Promise.resolve(); // what is made in one go is written in one go
    while (this.puts.size + this.removals.size > 0) {
      const [puts, removals] = [new Map(this.puts), new Map(this.removals)];
      this.puts.clear();
      this.removals.clear();
      // Room was made: what did not fit before may fit now.
      if (removals.size > 0) for (const [name, event] of this.unkept) if (!removals.has(name)) puts.set(name, event);
      await this.attempt(puts, removals);
    }
    this.isWriting = false;
  }

  private async attempt(puts: Map<string, NotebookEvent>, removals: Map<string, EventKey>): Promise<void> {
    const before = this.keepsAll;
    const isDone = await this.commit([...puts.values()], [...removals.values()]);
    for (const name of [...puts.keys(), ...removals.keys()]) this.unkept.delete(name);
    if (!isDone) {
      // One that does not fit must not take the others with it, and a database that was closed is opened again.
      await this.commit([], [...removals.values()]);
      for (const [name, event] of puts) if (!(await this.commit([event], []))) this.unkept.set(name, event);
    }
    if (this.keepsAll !== before) this.onChange();
  }

  private async commit(put: NotebookEvent[], remove: EventKey[]): Promise<boolean> {
    try {
      await this.store.write(this.participant, { put, remove });
      return true;
    } catch {
      return false; // told by `keepsAll`
    }
  }
}

function nameOf({ page, seq }: EventKey): string {
  return `${page} ${seq}`;
}
