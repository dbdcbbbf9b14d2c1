/**
 * What the browser keeps until the server has it (free of the DOM; `storage` is localStorage).
 *
 * Each event has a key of its own, so that writing one costs the same however many wait. A full storage is not an error here:
 * the events are in memory as well and go on being sent.
 */
import type { NotebookDocument } from './document.js';
import type { NotebookEvent } from './protocol.js';

/** The part of the browser's Storage that is used. */
export interface KeyValueStorage {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** The page's own copy of the document: newer than the server's snapshot after a reload in the middle of work. */
export interface LocalCopy {
  readonly seq: number;
  readonly task: number;
  readonly document: NotebookDocument;
}

export class OutboxStore {
  private readonly prefix: string;

  constructor(
    private readonly storage: KeyValueStorage,
    participant: string,
  ) {
    this.prefix = `observatory:${participant}:`;
  }

  /** The key under which the newest page of this participant in this browser leaves its name. */
  get pageKey(): string {
    return `${this.prefix}page`;
  }

  claimPage(page: string): void {
    this.write(this.pageKey, page);
  }

  add(event: NotebookEvent): boolean {
    return this.write(this.eventKey(event.seq), JSON.stringify(event));
  }

  remove(seq: number): void {
    this.storage.removeItem(this.eventKey(seq));
  }

  events(): NotebookEvent[] {
    return this.keys(`${this.prefix}event:`)
      .map((key) => this.read(key) as NotebookEvent | null)
      .filter((event) => event !== null)
      .sort((one, other) => one.seq - other.seq);
  }

  copy(): LocalCopy | null {
    return this.read(`${this.prefix}copy`) as LocalCopy | null;
  }

  saveCopy(copy: LocalCopy): boolean {
    return this.write(`${this.prefix}copy`, JSON.stringify(copy));
  }

  clear(): void {
    for (const key of this.keys(this.prefix)) this.storage.removeItem(key);
  }

  private eventKey(seq: number): string {
    return `${this.prefix}event:${seq}`;
  }

  private keys(prefix: string): string[] {
    const all = Array.from({ length: this.storage.length }, (_, index) => this.storage.key(index));
    return all.filter((key) => key?.startsWith(prefix)) as string[];
  }

  private read(key: string): unknown {
    try {
      return JSON.parse(this.storage.getItem(key) ?? 'null');
    } catch {
      return null; // half-written or foreign: as good as absent
    }
  }

  private write(key: string, value: string): boolean {
    try {
      this.storage.setItem(key, value);
      return true;
    } catch {
      return false; // full, or forbidden in a private window
    }
  }
}
