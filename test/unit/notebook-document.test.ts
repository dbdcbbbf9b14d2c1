import assert from 'node:assert/strict';
import { Text } from '@codemirror/state';
import type { NotebookDocument } from '../../notebook/document.js';
import { DocumentModel } from '../../notebook/document-model.js';
import { FocusClock } from '../../notebook/focus-clock.js';
import { fill, messagesFor } from '../../notebook/messages.js';

function sample(): NotebookDocument {
  const code = (id: string) =>
    ({ id, type: 'code', source: 'pass', runnable: true, executionCount: null, outputs: [] }) as const;
  return {
    tasks: [
      { id: 'one', title: 'One', kind: 'task', cells: [{ id: 'm', type: 'markdown', source: '# One' }] },
      { id: 'two', title: 'Two', kind: 'task', cells: [{ ...code('c'), outputs: [] }] },
    ],
  };
}

describe('the document model', () => {
  it('knows each code cell and its task', () => {
    const model = new DocumentModel(sample());
    assert.equal(model.cell('c').source, 'pass');
    assert.equal(model.taskOf('c'), 'two');
    assert.throws(() => model.cell('m'), /no code cell m/);
  });

  it('has the text of the editor wherever it is asked for it', () => {
    const model = new DocumentModel(sample());
    model.setText('c', Text.of(['x = 1', '']));
    assert.equal(model.version, 1);
    assert.deepEqual(model.document.tasks[1]?.cells[0]?.source, 'x = 1\n');
    model.setText('c', Text.of(['x = 2']));
    assert.equal(model.cell('c').source, 'x = 2');
  });
});

describe('the focus clock', () => {
  it('counts only the time with focus', () => {
    let now = 1000;
    const clock = new FocusClock(() => now, true);
    now += 2500;
    clock.blur();
    clock.blur();
    now += 60_000;
    assert.equal(clock.seconds, 2.5);
    clock.focus();
    now += 500;
    assert.equal(clock.seconds, 3);
  });
});

describe('the texts', () => {
  it('has German for German studies and English for the rest', () => {
    assert.equal(messagesFor('de-AT').saved, 'Gespeichert');
    assert.equal(messagesFor('fr').saved, 'Saved');
    assert.equal(fill(messagesFor('en').taskOf, { task: 2, total: 3 }), 'Task 2 of 3');
  });
});
