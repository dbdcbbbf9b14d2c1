import assert from 'node:assert/strict';
import type { NotebookDocument } from '../../notebook/document.js';
import { Outbox, type OutboxOptions, type SaveState } from '../../notebook/outbox.js';
import { OutboxStore, type KeyValueStorage } from '../../notebook/outbox-store.js';
import type { Answer, EventBatch, EventDraft, NotebookEvent } from '../../notebook/protocol.js';

class MemoryStorage implements KeyValueStorage {
  readonly entries = new Map<string, string>();
  full = false;
  get length(): number {
    return this.entries.size;
  }
  key(index: number): string | null {
    return [...this.entries.keys()][index] ?? null;
  }
  getItem(key: string): string | null {
    return this.entries.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    if (this.full) throw new Error('QuotaExceededError');
    this.entries.set(key, value);
  }
  removeItem(key: string): void {
    this.entries.delete(key);
  }
}

/** Keeps events as the web app does: in order, each once, a gap refused. `trouble` answers in its place. */
class Server {
  readonly events: NotebookEvent[] = [];
  readonly batches: EventBatch[] = [];
  trouble: ((batch: EventBatch) => Answer | null) | null = null;

  send = (batch: EventBatch): Promise<Answer> => {
    this.batches.push(structuredClone(batch));
    const answer = this.trouble?.(batch);
    if (answer === null) return Promise.reject(new TypeError('Failed to fetch'));
    return Promise.resolve(answer ?? this.accept(batch));
  };

  private accept(batch: EventBatch): Answer {
    for (const event of batch.events) {
      if (event.seq <= this.events.length) continue;
      if (event.seq > this.events.length + 1) {
        return { status: 409, body: { error: 'gap', acknowledged: this.events.length } };
      }
      this.events.push(event);
    }
    return { status: 200, body: { acknowledged: this.events.length } };
  }
}

const DOCUMENT: NotebookDocument = { tasks: [] };

function draft(data: Record<string, unknown> = {}): EventDraft {
  return {
    type: 'edit',
    at: '2026-01-01T00:00:00.000Z',
    page: 'p',
    task: 't',
    cell: 'c',
    clock: 0,
    focusSeconds: 0,
    data,
  };
}

function open(server: Server, storage: KeyValueStorage, more: Partial<OutboxOptions> = {}): Outbox {
  return new Outbox({
    store: new OutboxStore(storage, 'abc'),
    acknowledged: server.events.length,
    send: server.send,
    document: () => DOCUMENT,
    collect: 1,
    backoff: { first: 2, most: 8 },
    ...more,
  });
}

describe('the outbox', () => {
  let server: Server;
  let storage: MemoryStorage;
  beforeEach(() => {
    server = new Server();
    storage = new MemoryStorage();
  });

  it('numbers events without a gap, sends them in one batch and forgets what is acknowledged', async () => {
    const outbox = open(server, storage);
    for (let count = 0; count < 5; count++) outbox.record(draft({ count }));
    assert.equal(storage.length, 5);
    await outbox.flush();
    assert.deepEqual(
      server.events.map((event) => event.seq),
      [1, 2, 3, 4, 5],
    );
    assert.equal(server.batches.length, 1);
    assert.equal(storage.length, 0);
  });

  it('sends again until there is an answer, and says so truthfully', async () => {
    const states: SaveState[] = [];
    const outbox = open(server, storage, { onState: (state) => states.push(state) });
    let failures = 3;
    server.trouble = () => {
      if (failures-- > 0) return null;
      server.trouble = null;
      return { status: 503, body: {} };
    };
    outbox.record(draft());
    await outbox.flush();
    assert.equal(server.events.length, 1);
    assert.deepEqual(states, ['saving', 'offline', 'saved']);
  });

  it('does not record twice what the server took without its answer arriving', async () => {
    const outbox = open(server, storage);
    server.trouble = (batch) => {
      server.trouble = null;
      void server.send(batch);
      return null;
    };
    outbox.record(draft());
    outbox.record(draft());
    await outbox.flush();
    assert.deepEqual(
      server.events.map((event) => event.seq),
      [1, 2],
    );
  });

  it('goes on after a reload with what the browser kept', async () => {
    const offline = open(server, storage);
    server.trouble = () => null;
    offline.record(draft({ source: 'x = 1' }));
    offline.record(draft({ source: 'x = 2' }));
    offline.stop();
    server.trouble = null;
    const again = open(server, storage);
    again.record(draft({ source: 'x = 3' }));
    await again.flush();
    assert.deepEqual(
      server.events.map((event) => event.data.source),
      ['x = 1', 'x = 2', 'x = 3'],
    );
  });

  it('forgets kept events that the server has already', () => {
    const first = open(server, storage);
    first.record(draft());
    first.record(draft());
    first.stop();
    const again = open(server, storage, { acknowledged: 2 });
    assert.equal(again.pending, 0);
    assert.equal(again.lastSeq, 2);
    assert.equal(storage.length, 0);
    again.stop();
  });

  it('moves its numbers up where the server waits for events that are nowhere any more', async () => {
    const first = open(server, storage);
    for (let count = 1; count <= 3; count++) first.record(draft({ count }));
    first.stop();
    storage.removeItem('observatory:abc:event:1');
    const again = open(server, storage);
    await again.flush();
    assert.deepEqual(
      server.events.map((event) => [event.seq, event.data.count]),
      [
        [1, 2],
        [2, 3],
      ],
    );
  });

  it('attaches the document to the batch that ends with the last event', async () => {
    const outbox = open(server, storage);
    for (let count = 0; count < 150; count++) outbox.record(draft());
    outbox.requestSnapshot();
    await outbox.flush();
    assert.deepEqual(
      server.batches.map((batch) => [batch.events.length, batch.snapshot?.seq]),
      [
        [100, undefined],
        [50, 150],
      ],
    );
  });

  it('sends a snapshot again that got no answer', async () => {
    const outbox = open(server, storage);
    let tries = 0;
    server.trouble = (batch) => {
      assert.ok(batch.snapshot);
      if (++tries === 2) server.trouble = null;
      return null;
    };
    outbox.requestSnapshot();
    await outbox.flush();
    assert.ok(server.batches.at(-1)?.snapshot);
  });

  it('withholds the contents of an event that the server refuses, and keeps its number', async () => {
    const outbox = open(server, storage);
    server.trouble = (batch) =>
      JSON.stringify(batch).includes('huge') ? { status: 413, body: {} } : (undefined as unknown as Answer);
    for (const text of ['small', 'huge', 'fine']) outbox.record(draft({ text }));
    await outbox.flush();
    assert.deepEqual(
      server.events.map((event) => event.data),
      [{ text: 'small' }, { withheld: true, characters: 15 }, { text: 'fine' }],
    );
  });

  for (const [status, body, why] of [
    [401, {}, 'gone'],
    [403, {}, 'gone'],
    [410, {}, 'gone'],
    [409, { error: 'other-page' }, 'other-page'],
  ] as const) {
    it(`stops at ${status} (${why}) and leaves the events in the browser`, async () => {
      const stopped = new Promise<string>((resolve) => {
        server.trouble = () => ({ status, body });
        open(server, storage, { onStopped: resolve }).record(draft());
      });
      assert.equal(await stopped, why);
      assert.equal(storage.length, 1);
    });
  }

  it('sends from memory when the browser stores nothing', async () => {
    storage.full = true;
    const outbox = open(server, storage);
    outbox.record(draft());
    await outbox.flush();
    assert.equal(server.events.length, 1);
  });
});
