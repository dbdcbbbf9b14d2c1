/** Keeps events in the browser's IndexedDB, as far as the browser allows it. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { EventChange, EventStore } from './event-store.js';
import type { NotebookEvent } from './protocol.js';

interface Schema extends DBSchema {
  events: { key: [participant: string, page: string, seq: number]; value: NotebookEvent };
}

const NAME = 'observatory';
const VERSION = 1;

/** A database that is closed from outside, such as by clearing the browser's data, is opened again by the next write. */
export class IndexedEventStore implements EventStore {
  private opening: Promise<IDBPDatabase<Schema>> | null = null;

  async events(participant: string): Promise<NotebookEvent[]> {
    const database = await this.open();
    return database.getAll('events', IDBKeyRange.bound([participant], [participant, []]));
  }

  async write(participant: string, { put, remove }: EventChange): Promise<void> {
    const database = await this.open();
    // Strict: what is kept survives the machine's end as well. What is only removed may come back, the server knows it.
    const durability = put.length > 0 ? 'strict' : 'relaxed';
    const transaction = database.transaction('events', 'readwrite', { durability });
    const { store, done } = transaction;
    try {
      const removals = remove.map(({ page, seq }) => store.delete([participant, page, seq]));
      const additions = put.map((event) => store.put(event, [participant, event.page, event.seq]));
      await Promise.all([...removals, ...additions, done]);
    } catch (error) {
      // A request that fails ends its transaction by itself; one that could not even be made does not.
      if (transaction.error === null) transaction.abort();
      await done.catch(() => undefined);
      throw error;
    }
  }

  private async open(): Promise<IDBPDatabase<Schema>> {
    this.opening ??= openDB<Schema>(NAME, VERSION, {
      upgrade: (database) => {
        database.createObjectStore('events');
      },
      terminated: () => {
        this.opening = null;
      },
    }).catch((error: unknown) => {
      this.opening = null;
      throw error;
    });
    return await this.opening;
  }
}
