import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SaveState } from '../../notebook/outbox.js';
import { DOCUMENT, draft, MemoryServer, MemoryStore, OPEN, openPage } from './notebook-outbox-support.js';

describe('the outbox', () => {
  let server: MemoryServer;
  let kept: MemoryStore;
  beforeEach(() => {
    server = new MemoryServer();
    server.page = 'p';
    kept = new MemoryStore();
  });

  it('numbers events without a gap, sends them in one batch and forgets what is acknowledged', async () => {
    const { outbox, store } = await openPage(server, kept);
    for (let count = 0; count < 5; count++) outbox.record(draft({ count }));
    await store.settled();
    assert.deepEqual(kept.numbers, [1, 2, 3, 4, 5]);
    await outbox.flush();
    await store.settled();
    assert.deepEqual(
      server.events.map((event) => event.seq),
      [1, 2, 3, 4, 5],
    );
    assert.equal(server.batches.length, 1);
    assert.deepEqual(kept.numbers, []);
  });

  it('sends again until there is an answer, and says so truthfully', async () => {
    const states: SaveState[] = [];
    const { outbox } = await openPage(server, kept, { onState: (state) => states.push(state) });
    let failures = 3;
    server.trouble = () => {
      if (failures-- > 0) return null;
      server.trouble = null;
      return { status: 503, body: {} };
    };
    outbox.record(draft());
    await outbox.flush();
    assert.equal(server.events.length, 1);
    // Reached again, but not served: it is not saved yet.
    assert.deepEqual(states, ['saving', 'offline', 'saved']);
  });

  it('is not saved while a change waits to be recorded', async () => {
    const states: SaveState[] = [];
    const { outbox } = await openPage(server, kept, { onState: (state) => states.push(state) });
    outbox.expect(true);
    outbox.record(draft());
    await outbox.flush();
    assert.deepEqual(states, ['saving']);
    outbox.expect(false);
    assert.deepEqual(states, ['saving', 'saved']);
  });

  it('does not record twice what the server took without its answer arriving', async () => {
    const { outbox } = await openPage(server, kept);
    server.trouble = (batch) => {
      server.trouble = null;
      server.accept(batch);
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

  it('attaches the document to the batch that ends with the last event before it', async () => {
    const { outbox } = await openPage(server, kept);
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

  it('sends the document as it was when the snapshot was asked for, not as it is when it is sent', async () => {
    const changing = structuredClone(DOCUMENT);
    const { outbox } = await openPage(server, kept, { document: () => changing });
    outbox.record(draft());
    outbox.requestSnapshot();
    changing.tasks[0]!.title = 'Changed';
    await outbox.flush();
    assert.equal(server.batches[0]?.snapshot?.document.tasks[0]?.title, 'Introduction');
  });

  it('sends a snapshot again that got no answer', async () => {
    const { outbox } = await openPage(server, kept);
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
    const { outbox } = await openPage(server, kept);
    server.trouble = (batch) => (JSON.stringify(batch).includes('huge') ? { status: 413, body: {} } : undefined);
    for (const text of ['small', 'huge', 'fine']) outbox.record(draft({ text }));
    await outbox.flush();
    assert.deepEqual(
      server.events.map((event) => event.data),
      [{ text: 'small' }, { withheld: true, characters: 15 }, { text: 'fine' }],
    );
  });

  it('goes on past an event that the server does not understand at all, and says that it is lost', async () => {
    const { outbox } = await openPage(server, kept);
    server.trouble = ({ events }) =>
      events.some(({ cell }) => cell === 'NO CELL') ? { status: 400, body: {} } : undefined;
    outbox.record(draft({}, { cell: 'NO CELL' }));
    outbox.record(draft({ text: 'fine' }));
    await outbox.flush();
    assert.deepEqual(
      server.events.map(({ type, data }) => [type, data]),
      [
        ['lost', { count: 1 }],
        ['edit', { text: 'fine' }],
      ],
    );
  });

  it('stops when the session is over, and leaves the events in the browser', async () => {
    for (const status of [401, 403, 404, 410]) {
      const own = new MemoryStore();
      const why = await new Promise<string>((resolve) => {
        server.trouble = () => ({ status, body: {} });
        void openPage(server, own, { onStopped: resolve }).then(({ outbox }) => outbox.record(draft()));
      });
      await eventually(() => own.writes.length > 0);
      assert.equal(why, 'gone');
      assert.equal(own.kept.size, 1, `after ${status}`);
    }
  });

  it('hands what still waits to the server to be kept apart when another page writes', async () => {
    const page = await openPage(server, kept);
    page.outbox.record({ ...OPEN, page: 'p' });
    await page.outbox.flush();
    server.accept({ events: [{ ...OPEN, seq: 2, page: 'other' }] });
    const stopped: string[] = [];
    const { outbox, store } = await openPage(server, kept, { onStopped: (why) => stopped.push(why) });
    for (let count = 0; count < 120; count++) outbox.record(draft({ count }));
    await eventually(() => server.strays.length === 120);
    await store.settled();
    assert.ok(stopped.every((why) => why === 'other-page') && stopped.length > 0);
    assert.equal(server.events.length, 2);
    assert.deepEqual(kept.numbers, []);
  });

  describe('when the page may be gone in a moment', () => {
    it('sends at once what fits into a request that outlives it', async () => {
      server.trouble = () => null;
      const { outbox } = await openPage(server, kept, { collect: 10_000 });
      for (let count = 0; count < 3; count++) outbox.record(draft({ text: 'x'.repeat(25_000) }));
      outbox.leave();
      outbox.stop();
      assert.deepEqual(
        server.batches.map(({ events }) => events.map(({ seq }) => seq)),
        [[1, 2]],
      );
      assert.equal(server.batches[0]?.snapshot, undefined);
    });

    it('counts the bytes, not the letters', async () => {
      const { outbox } = await openPage(server, kept, { collect: 10_000 });
      outbox.record(draft({ text: '🙂'.repeat(16_000) }));
      outbox.leave();
      outbox.stop();
      assert.equal(server.batches.length, 0);
    });

    it('hears the answer if it is still there', async () => {
      const { outbox, store } = await openPage(server, kept, { collect: 10_000 });
      outbox.record(draft());
      outbox.leave();
      outbox.leave();
      await eventually(() => outbox.pending === 0);
      await store.settled();
      assert.equal(server.batches.length, 1);
      assert.deepEqual(kept.numbers, []);
    });
  });

  describe('where the browser keeps nothing', () => {
    it('sends from memory', async () => {
      kept.full = () => true;
      const { outbox } = await openPage(server, kept);
      outbox.record(draft());
      await outbox.flush();
      assert.equal(server.events.length, 1);
    });

    it('says that what waits is not kept', async () => {
      kept.full = () => true;
      server.trouble = () => null;
      const states: SaveState[] = [];
      const { outbox } = await openPage(server, kept, { onState: (state) => states.push(state) });
      outbox.record(draft());
      await eventually(() => states.length === 2);
      assert.deepEqual(states, ['saving', 'unkept']);
      server.trouble = null;
      outbox.kick();
      await outbox.flush();
      assert.equal(states.at(-1), 'saved');
    });
  });
});

async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(1);
}
