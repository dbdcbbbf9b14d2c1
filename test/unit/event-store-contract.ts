import assert from 'node:assert/strict';
import type { EventStore } from '../../notebook/event-store.js';
import type { NotebookEvent } from '../../notebook/protocol.js';
import { draft } from './notebook-outbox-support.js';

export const event = (page: string, seq: number, data: Record<string, unknown> = {}): NotebookEvent => ({
  seq,
  ...draft(data, { page }),
});

/** What the outbox relies on, of the browser's store and of the one that its tests use. `make` gives an empty store. */
export function eventStoreContract(make: () => Promise<EventStore>): void {
  let store: EventStore;
  beforeEach(async () => {
    store = await make();
  });

  const kept = async (participant: string): Promise<string[]> =>
    (await store.events(participant)).map(({ page, seq }) => `${page}${seq}`).sort();

  it('keeps the same number of two pages apart', async () => {
    await store.write('abc', { put: [event('a', 1), event('b', 1), event('b', 2)], remove: [] });
    await store.write('abc', { put: [], remove: [{ page: 'b', seq: 1 }] });
    assert.deepEqual(await kept('abc'), ['a1', 'b2']);
  });

  it('keeps each participant apart, also one whose name begins with the other', async () => {
    await store.write('abc', { put: [event('a', 1)], remove: [] });
    await store.write('abcd', { put: [event('a', 2)], remove: [] });
    assert.deepEqual([await kept('abc'), await kept('abcd'), await kept('ab')], [['a1'], ['a2'], []]);
  });

  it('gives back what was given, the last of the same name', async () => {
    const data = { steps: [{ clock: 1.5, changes: [3, [0, '', '🙂']], by: 'input.type' }], nothing: null };
    await store.write('abc', { put: [event('a', 1)], remove: [] });
    await store.write('abc', { put: [event('a', 1, data)], remove: [{ page: 'a', seq: 9 }] });
    assert.deepEqual(await store.events('abc'), [event('a', 1, data)]);
  });

  it('removes before it adds', async () => {
    await store.write('abc', { put: [event('a', 1)], remove: [{ page: 'a', seq: 1 }] });
    assert.deepEqual(await kept('abc'), ['a1']);
  });
}
