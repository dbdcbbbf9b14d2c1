import assert from 'node:assert/strict';
import { ChangeSet } from '@codemirror/state';
import { sortKept, withoutGaps } from '../../notebook/numbering.js';
import type { EventDraft, NotebookEvent } from '../../notebook/protocol.js';
import { handOverStrays } from '../../notebook/strays.js';
import { configurationOf, draft, MemoryServer, MemoryStore, OPEN, openPage } from './notebook-outbox-support.js';

const event = (page: string, seq: number, more: Partial<EventDraft> = {}): NotebookEvent => ({
  seq,
  ...draft({}, { page, ...more }),
});
const opening = (page: string, seq: number): NotebookEvent => event(page, seq, { type: 'open' });
const names = (events: readonly NotebookEvent[]): string[] => events.map(({ page, seq }) => `${page}${seq}`);

describe('what a browser kept', () => {
  const cases: [
    string,
    NotebookEvent[],
    { acknowledged: number; page: string | null },
    { waiting: string[]; stored?: string[]; stray?: string[] },
  ][] = [
    [
      'goes on after a reload',
      [event('a', 4), event('a', 5)],
      { acknowledged: 3, page: 'a' },
      { waiting: ['a4', 'a5'] },
    ],
    [
      'is partly stored already',
      [event('a', 3), event('a', 4)],
      { acknowledged: 3, page: 'a' },
      { waiting: ['a4'], stored: ['a3'] },
    ],
    [
      'reaches over a page that opened and was never heard',
      [event('a', 4), opening('b', 5), event('b', 6)],
      { acknowledged: 3, page: 'a' },
      { waiting: ['a4', 'b5', 'b6'] },
    ],
    [
      'has holes',
      [event('a', 6), event('a', 7), opening('b', 9)],
      { acknowledged: 3, page: 'a' },
      { waiting: ['a6', 'a7', 'b9'] },
    ],
    [
      'is of a page that another browser has overtaken',
      [event('a', 4), event('a', 5), event('a', 9)],
      { acknowledged: 6, page: 'z' },
      { waiting: [], stray: ['a4', 'a5', 'a9'] },
    ],
    [
      'is of pages that another browser has overtaken',
      [event('a', 4), event('a', 7), opening('b', 8), event('b', 9)],
      { acknowledged: 6, page: 'z' },
      { waiting: [], stray: ['a4', 'a7', 'b8', 'b9'] },
    ],
    [
      'has the last word of a tab that a newer one had overtaken',
      [event('a', 4), opening('b', 4), event('a', 5), event('b', 5)],
      { acknowledged: 3, page: 'a' },
      { waiting: ['b4', 'b5'], stray: ['a4', 'a5'] },
    ],
    [
      'is the first page of all, unheard',
      [opening('a', 1), event('a', 2)],
      { acknowledged: 0, page: null },
      { waiting: ['a1', 'a2'] },
    ],
  ];
  for (const [what, kept, record, { waiting, stored = [], stray = [] }] of cases) {
    it(what, () => {
      const sorted = sortKept([...kept].reverse(), record);
      assert.deepEqual(names(sorted.waiting), waiting);
      assert.deepEqual(names(sorted.stored), stored);
      assert.deepEqual(names(sorted.stray), stray);
    });
  }
});

describe('numbers whose contents are gone', () => {
  it('become one event that says how many, before what follows', () => {
    const whole = withoutGaps([event('a', 7), event('a', 8), event('a', 10)], 3);
    assert.deepEqual(
      whole.map(({ seq, type, data }) => [seq, type, data]),
      [
        [4, 'lost', { count: 3 }],
        [5, 'edit', {}],
        [6, 'edit', {}],
        [7, 'lost', { count: 1 }],
        [8, 'edit', {}],
      ],
    );
  });

  it('are told after a page has opened, which takes over by it', () => {
    const whole = withoutGaps([opening('a', 7), event('a', 8)], 3);
    assert.deepEqual(
      whole.map(({ seq, type, page }) => [seq, type, page]),
      [
        [4, 'open', 'a'],
        [5, 'lost', 'a'],
        [6, 'edit', 'a'],
      ],
    );
  });

  it('change nothing where none are', () => {
    const events = [event('a', 4), event('a', 5)];
    assert.deepEqual(withoutGaps(events, 3), events);
  });
});

describe('a page that is loaded again', () => {
  let server: MemoryServer;
  let kept: MemoryStore;
  beforeEach(() => {
    server = new MemoryServer();
    kept = new MemoryStore();
  });

  /** `pass\n` with a line before the last. */
  const typed = (text: string, at: number): Record<string, unknown> => {
    const changes = ChangeSet.of({ from: at, insert: text }, at).toJSON() as unknown;
    return { steps: [{ clock: 1, changes, by: 'input.type' }] };
  };

  async function workOffline(): Promise<void> {
    const { outbox, store } = await openPage(server, kept);
    outbox.record({ ...OPEN, page: 'a' });
    await outbox.flush();
    server.trouble = () => null;
    outbox.record(draft({ to: 1 }, { type: 'start', task: 'intro', cell: null, page: 'a', clock: 10_000 }));
    outbox.record(draft(typed('x = 1', 5), { page: 'a', clock: 25_000 }));
    outbox.record(draft(typed('\ny = 2', 10), { page: 'a', clock: 40_000 }));
    outbox.stop();
    await store.settled();
    server.trouble = null;
  }

  it('goes on with the task, the text, the time and the cursor of what the server does not have yet', async () => {
    await workOffline();
    const { resumption } = await openPage(server, kept);
    const { document, state } = resumption.configuration;
    assert.equal(document.tasks[1]?.cells[0]?.source, 'pass\nx = 1\ny = 2');
    assert.deepEqual(state, {
      ...configurationOf(server).state,
      task: 1,
      taskSeconds: 30,
      cursor: { cell: 'c', offset: 16 },
    });
  });

  it('sends first what was kept, then its own', async () => {
    await workOffline();
    const { outbox, store } = await openPage(server, kept);
    outbox.record({ ...OPEN, page: 'b' });
    await outbox.flush();
    await store.settled();
    assert.deepEqual(names(server.events), ['a1', 'a2', 'a3', 'a4', 'b5']);
    assert.deepEqual(kept.numbers, []);
  });

  it('says what the browser has lost, and keeps the rest of the text as far as it fits', async () => {
    await workOffline();
    kept.kept.delete('abc a 3');
    const { outbox, store, resumption } = await openPage(server, kept);
    assert.equal(resumption.configuration.document.tasks[1]?.cells[0]?.source, 'pass\n');
    assert.equal(resumption.configuration.state.task, 1);
    await store.settled();
    outbox.record({ ...OPEN, page: 'b' });
    await outbox.flush();
    assert.deepEqual(
      server.events.map(({ type, data }) => [type, data['count']]),
      [
        ['open', undefined],
        ['start', undefined],
        ['lost', 1],
        ['edit', undefined],
        ['open', undefined],
      ],
    );
  });

  it('hands over what an overtaken page left, once its own opening is known', async () => {
    await workOffline();
    server.accept({ events: [opening('z', 2), event('z', 3)] });
    const { outbox, store } = await openPage(server, kept);
    outbox.record({ ...OPEN, page: 'b' });
    await outbox.flush();
    outbox.record(draft({}, { page: 'b' }));
    await handOverStrays({ page: 'b', store, send: server.send });
    await outbox.flush();
    await store.settled();
    assert.deepEqual(names(server.events), ['a1', 'z2', 'z3', 'b4', 'b5']);
    assert.deepEqual(names(server.strays), ['a2', 'a3', 'a4']);
    assert.deepEqual(kept.numbers, []);
  });

  it('keeps what an overtaken page left while the server cannot be reached', async () => {
    await workOffline();
    server.accept({ events: [opening('z', 2)] });
    const { store } = await openPage(server, kept);
    server.trouble = () => null;
    await handOverStrays({ page: 'b', store, send: server.send });
    await store.settled();
    assert.deepEqual(kept.numbers, [2, 3, 4]);
  });
});
