import assert from 'node:assert/strict';
import type { NotebookDocument } from '../../notebook/document.js';
import { CUT_MARK, DocumentModel, OUTPUT_LIMIT } from '../../notebook/document-model.js';
import { FocusClock } from '../../notebook/focus-clock.js';
import { fill, messagesFor } from '../../notebook/messages.js';
import { terminalText } from '../../notebook/terminal-text.js';

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

  it('joins the text of one stream and keeps streams apart', () => {
    const model = new DocumentModel(sample());
    for (const [name, text] of [
      ['stdout', 'a'],
      ['stdout', 'b'],
      ['stderr', 'c'],
      ['stdout', 'd'],
    ] as const) {
      model.appendOutput('c', { output_type: 'stream', name, text });
    }
    assert.deepEqual(
      model.cell('c').outputs.map((output) => output.output_type === 'stream' && output.text),
      ['ab', 'c', 'd'],
    );
  });

  it('cuts endless output once and marks the cut', () => {
    const model = new DocumentModel(sample());
    for (let count = 0; count < 5; count++) {
      model.appendOutput('c', { output_type: 'stream', name: 'stdout', text: 'x'.repeat(OUTPUT_LIMIT / 2) });
    }
    const text = model
      .cell('c')
      .outputs.map((output) => (output.output_type === 'stream' ? output.text : ''))
      .join('');
    assert.equal(text, 'x'.repeat(OUTPUT_LIMIT) + CUT_MARK);
    model.clearOutputs('c');
    model.appendOutput('c', { output_type: 'stream', name: 'stdout', text: 'again' });
    assert.equal(model.cell('c').outputs.length, 1);
  });
});

describe('terminal text', () => {
  for (const [given, shown] of [
    ['plain\ntext', 'plain\ntext'],
    ['10 %\r50 %\r100 %\n', '100 %\n'],
    ['long line\rshort', 'shortline'],
    ['windows\r\nline', 'windows\nline'],
    ['abc\b\bX', 'aX'],
    ['\b\bx', 'x'],
  ] as const) {
    it(`shows ${JSON.stringify(given)} as ${JSON.stringify(shown)}`, () => {
      assert.equal(terminalText(given), shown);
    });
  }
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
