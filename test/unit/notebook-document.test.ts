import assert from 'node:assert/strict';
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

  it('counts a version only when something changed', () => {
    const model = new DocumentModel(sample());
    assert.equal(model.setSource('c', 'pass'), false);
    assert.equal(model.version, 0);
    assert.equal(model.setSource('c', 'x = 1'), true);
    assert.equal(model.version, 1);
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
