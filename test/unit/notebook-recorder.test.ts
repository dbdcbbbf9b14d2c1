import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { ChangeSet, Text } from '@codemirror/state';
import { DocumentModel } from '../../notebook/document-model.js';
import { Flow } from '../../notebook/flow.js';
import { FocusClock } from '../../notebook/focus-clock.js';
import type { SaveState } from '../../notebook/outbox.js';
import { isOwnText } from '../../notebook/own-text.js';
import type { NotebookEvent } from '../../notebook/protocol.js';
import { Recorder } from '../../notebook/recorder.js';
import type { RecordChoice } from '../../src/studies/recording.js';
import { configurationOf, DOCUMENT, MemoryServer, MemoryStore, openPage } from './notebook-outbox-support.js';

async function recording(choice: Partial<RecordChoice> = {}) {
  const [server, kept, states] = [new MemoryServer(), new MemoryStore(), [] as SaveState[]];
  server.page = 'p';
  server.trouble = () => null;
  const model = new DocumentModel(structuredClone(DOCUMENT));
  const { outbox, store } = await openPage(server, kept, {
    document: () => model.document,
    onState: (state) => states.push(state),
  });
  const recorder = new Recorder({
    model,
    outbox,
    flow: new Flow(DOCUMENT.tasks, 2, 'open'),
    clock: new FocusClock(() => 5000, true),
    choice: { ...configurationOf(server).record, ...choice },
    page: 'p',
  });
  let text = Text.of(['pass', '']);
  const type = (letters: string, by = 'input.type'): void => {
    const changes = ChangeSet.of({ from: text.length, insert: letters }, text.length);
    text = changes.apply(text);
    model.setText('c', text);
    recorder.edited('c', changes, by);
  };
  const events = async (): Promise<NotebookEvent[]> => {
    await store.settled();
    return kept.events('abc');
  };
  return { server, recorder, outbox, states, type, events };
}

describe('the recorder', () => {
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
  });
  afterEach(() => {
    mock.timers.reset();
  });

  it('records changes with the time of each, at most a second after the first', async () => {
    const { type, events } = await recording();
    type('a');
    mock.timers.tick(600);
    type('b');
    mock.timers.tick(399);
    assert.equal((await events()).length, 0);
    mock.timers.tick(1);
    const [edit] = await events();
    assert.equal(edit?.type, 'edit');
    const steps = edit.data['steps'] as { clock: number; changes: unknown; by: string }[];
    assert.deepEqual(
      steps.map(({ changes, by }) => [changes, by]),
      [
        [[5, [0, 'a']], 'input.type'],
        [[6, [0, 'b']], 'input.type'],
      ],
    );
    assert.ok(steps[0]!.clock <= steps[1]!.clock);
  });

  it('puts the changes together where a study does not record keystrokes', async () => {
    const { recorder, type, events } = await recording({ keystrokes: false });
    for (const letter of 'abc') type(letter);
    recorder.flushEdits();
    for (const by of ['input.type', 'undo']) type('d', by);
    recorder.flushEdits();
    const steps = (await events()).map(({ data }) => data['steps'] as { changes: unknown; by: string }[]);
    assert.deepEqual(
      steps.map((all) => all.map(({ changes, by }) => [changes, by])),
      [[[[5, [0, 'abc']], 'input.type']], [[[8, [0, 'dd']], '']]],
    );
  });

  it('does not call saved what is not recorded yet', async () => {
    const { server, recorder, outbox, states, type } = await recording();
    type('a');
    assert.deepEqual(states, ['saving']);
    recorder.flushEdits();
    mock.timers.reset();
    server.trouble = null;
    await outbox.flush();
    assert.deepEqual(states, ['saving', 'saved']);
  });

  it('sends a snapshot only with all changes before it recorded', async () => {
    const { recorder, outbox, type, events } = await recording();
    type('a');
    recorder.snapshot();
    assert.equal(outbox.lastSeq, 1);
    assert.equal((await events())[0]?.type, 'edit');
    recorder.snapshotIfChanged();
    assert.equal(outbox.lastSeq, 1);
  });

  it('leaves out what the study does not record', async () => {
    const { recorder, events } = await recording({ copies: false, focus: false, scrolling: false, window: false });
    recorder.record('copy', { characters: 1 });
    recorder.record('cut', { characters: 1 });
    for (const kind of ['focus', 'blur', 'scroll'] as const) recorder.record(kind, {});
    recorder.record('visibility', { visible: false });
    recorder.record('resize', { width: 1, height: 1 });
    recorder.record('run', { source: '' }, 'c');
    const [only, ...others] = await events();
    assert.deepEqual([only?.type, only?.focusSeconds, others.length], ['run', 0, 0]);
  });

  it("places an event in its cell's task, or the current one", async () => {
    const { recorder, events } = await recording();
    recorder.record('run', { source: '' }, 'c');
    recorder.record('interrupt', {});
    recorder.recordAt({ cell: null, task: 'intro' }, 'scroll', {});
    assert.deepEqual(
      (await events()).map(({ type, task, cell, focusSeconds }) => [type, task, cell, focusSeconds]),
      [
        ['run', 'one', 'c', 0],
        ['interrupt', 'two', null, 0],
        ['scroll', 'intro', null, 0],
      ],
    );
  });

  it('records nothing after it was closed, and all before', async () => {
    const { recorder, type, events } = await recording();
    type('a');
    recorder.close();
    type('b');
    recorder.record('finish', {});
    mock.timers.tick(2000);
    assert.deepEqual(
      (await events()).map(({ type }) => type),
      ['edit'],
    );
  });
});

describe('whether the source of a paste is asked for', () => {
  for (const [pasted, copied, own] of [
    ['x = 1', '', false],
    ['x = 1', 'a\n  x = 1\nb', true],
    ['x=1\n\n', 'x = 1', true],
    ['x = 1\ny = 2', 'x = 1', false],
    ['http://example.org/a b', '', true],
    ['  www.example.org\n', '', true],
    ['https://example.org\nx = 1', '', false],
    ['x = 1 # http://example.org', '', false],
  ] as const) {
    it(`${own ? 'not ' : ''}for ${JSON.stringify(pasted)} after ${JSON.stringify(copied)} was copied`, () => {
      assert.equal(isOwnText(pasted, copied), own);
    });
  }
});
