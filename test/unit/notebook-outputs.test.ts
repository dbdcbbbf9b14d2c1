/** What the notebook keeps of what a program puts out. */
import assert from 'node:assert/strict';
import { CUT_KEY, LIMITS } from '../../notebook/cell-outputs.js';
import type { NotebookDocument, Output } from '../../notebook/document.js';
import { DocumentModel } from '../../notebook/document-model.js';

function model(...stored: Output[]): DocumentModel {
  const code = (id: string, outputs: Output[]) =>
    ({ id, type: 'code', source: '', runnable: true, executionCount: null, outputs }) as const;
  const document: NotebookDocument = {
    tasks: [{ id: 't', title: 'T', kind: 'task', cells: [code('c', stored), code('d', [])] }],
  };
  return new DocumentModel(document);
}

const stream = (text: string, name: 'stdout' | 'stderr' = 'stdout'): Output => ({ output_type: 'stream', name, text });
const display = (data: Record<string, unknown>): Output => ({ output_type: 'display_data', data, metadata: {} });
const texts = (made: DocumentModel): (string | undefined)[] =>
  made.cell('c').outputs.map((output) => (output.output_type === 'stream' ? output.text : undefined));

describe('the outputs of a cell', () => {
  it('joins the text of one stream and keeps streams apart', () => {
    const made = model();
    for (const output of [stream('a'), stream('b'), stream('c', 'stderr'), stream('d')]) made.appendOutput('c', output);
    assert.deepEqual(texts(made), ['ab', 'c', 'd']);
  });

  it('keeps a rewritten line once, however long the program rewrites it', () => {
    const made = model();
    for (let step = 0; step < 10_000; step++) made.appendOutput('c', stream(`\rstep ${step} of many, and more words`));
    made.appendOutput('c', stream('\ndone\n'));
    assert.deepEqual(texts(made), ['step 9999 of many, and more words\ndone\n']);
    assert.equal(made.cutOf('c').run, 0);
  });

  it('cuts endless text once, marks how much, and keeps the error that ended it', () => {
    const made = model();
    for (let count = 0; count < 5; count++) made.appendOutput('c', stream('x'.repeat(LIMITS.text / 2)));
    made.appendOutput('c', { output_type: 'error', ename: 'E', evalue: 'v', traceback: ['end'] });
    const [text, mark, error, ...more] = made.cell('c').outputs;
    assert.deepEqual([text, more], [stream('x'.repeat(LIMITS.text)), []]);
    assert.ok(mark?.output_type === 'display_data');
    assert.equal(mark.metadata[CUT_KEY], LIMITS.text * 1.5);
    assert.equal(error?.output_type, 'error');
    assert.deepEqual(made.cutOf('c'), { shown: LIMITS.text * 1.5, run: LIMITS.text * 1.5 });
  });

  it('goes on with text after a picture that is too large', () => {
    const made = model();
    made.appendOutput('c', display({ 'image/png': 'A'.repeat(LIMITS.rich) }));
    made.appendOutput('c', stream('still here'));
    assert.deepEqual(texts(made), [undefined, 'still here']);
    assert.ok(made.cutOf('c').shown > LIMITS.rich);
  });

  it('keeps a bounded number of outputs', () => {
    const made = model();
    for (let count = 0; count < LIMITS.outputs * 2; count++) {
      made.appendOutput('c', stream('x', count % 2 ? 'stdout' : 'stderr'));
    }
    assert.equal(made.cell('c').outputs.length, LIMITS.outputs + 1);
    assert.equal(made.cutOf('c').shown, LIMITS.outputs);
  });

  it('keeps a bounded document, of however many cells', () => {
    const made = model();
    const cells = Array.from({ length: 10 }, (_, index) => ({ ...made.cell('d'), id: `c${index}`, outputs: [] }));
    const large = new DocumentModel({ tasks: [{ id: 't', title: 'T', kind: 'task', cells }] });
    for (const { id } of cells) large.appendOutput(id, display({ 'image/png': 'A'.repeat(LIMITS.rich * 0.9) }));
    assert.ok(JSON.stringify(large.document).length < 4_100_000);
    assert.equal(cells.filter(({ id }) => large.cutOf(id).run > 0).length, 6);
  });

  it('has no cut after it was cleared, but knows how much the run put out', () => {
    const made = model();
    made.appendOutput('c', stream('x'.repeat(LIMITS.text + 7)));
    made.clearOutputs('c');
    made.appendOutput('c', stream('again'));
    assert.deepEqual([texts(made), made.cutOf('c')], [['again'], { shown: 0, run: 7 }]);
    made.startRun('c');
    assert.deepEqual(made.cutOf('c'), { shown: 0, run: 0 });
  });

  it('exchanges what is shown under a name, in every cell that shows it', () => {
    const made = model();
    for (const cell of ['c', 'd']) made.appendOutput(cell, display({ 'text/plain': 'old' }), 'bar');
    made.appendOutput('c', display({ 'text/plain': 'other' }), 'other');
    assert.deepEqual(made.updateDisplay('bar', { 'text/plain': 'new' }, {}), ['c', 'd']);
    assert.deepEqual(made.cell('c').outputs, [display({ 'text/plain': 'new' }), display({ 'text/plain': 'other' })]);
    assert.deepEqual(made.updateDisplay('nobody', {}, {}), []);
    made.clearOutputs('d');
    assert.deepEqual(made.updateDisplay('bar', {}, {}), ['c']);
  });

  it('keeps the end of a long traceback', () => {
    const made = model();
    const traceback = Array.from({ length: 20_000 }, (_, line) => `line ${line}`);
    made.appendOutput('c', { output_type: 'error', ename: 'RecursionError', evalue: '', traceback });
    const [error] = made.cell('c').outputs;
    assert.ok(error?.output_type === 'error' && error.traceback[0]!.endsWith('line 19999'));
    assert.ok(JSON.stringify(error).length < LIMITS.errors);
  });

  it('reads what a stored document should not have', () => {
    const strange = [
      { output_type: 'stream', name: 'elsewhere', text: ['a', 'b'] },
      { output_type: 'error', ename: { a: 1 }, traceback: 'x' },
      { output_type: 'display_data', data: null },
      { output_type: 'unheard-of' },
    ] as unknown as Output[];
    assert.deepEqual(model(...strange).cell('c').outputs, [
      stream('ab'),
      { output_type: 'error', ename: '{"a":1}', evalue: '', traceback: [] },
      display({}),
    ]);
  });
});
