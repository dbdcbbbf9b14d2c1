import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { NotebookDocument } from '../../notebook/document.js';
import { DocumentModel } from '../../notebook/document-model.js';
import { Flow } from '../../notebook/flow.js';
import { FocusClock } from '../../notebook/focus-clock.js';
import { Recorder } from '../../notebook/recorder.js';
import { rebuild } from '../../src/studies/rebuild.js';
import { eventSchema, storableJson, type StudyEvent } from '../../src/submit/event.js';
import { EditedCell, type EditScript, editScript } from './notebook-editing.js';
import { configurationOf, MemoryServer, MemoryStore, openPage } from './notebook-outbox-support.js';

function documentOf(sources: Readonly<Record<'a' | 'b', string>>): NotebookDocument {
  const cells = (['a', 'b'] as const).map((id) => {
    return { id, type: 'code' as const, source: sources[id], runnable: true, executionCount: null, outputs: [] };
  });
  return { tasks: [{ id: 'one', title: 'One', kind: 'task', cells }] };
}

/** Plays the script and returns what the server has stored, as it has stored it, and each cell's text at the end. */
async function play(
  document: NotebookDocument,
  script: EditScript,
  keystrokes: boolean,
): Promise<{ events: StudyEvent[]; texts: Record<string, string> }> {
  const server = new MemoryServer();
  server.page = 'p';
  const model = new DocumentModel(rebuild(document, []) as NotebookDocument);
  const { outbox } = await openPage(server, new MemoryStore(), { document: () => model.document });
  const recorder = new Recorder({
    model,
    outbox,
    flow: new Flow(model.document.tasks, 0, 'open'),
    clock: new FocusClock(() => 0, true),
    choice: { ...configurationOf(server).record, keystrokes },
    page: 'p',
  });
  const cells = new Map(
    (['a', 'b'] as const).map((id) => {
      const cell = new EditedCell(model.cell(id).source, (text, changes, by) => {
        model.setText(id, text);
        recorder.edited(id, changes, by);
      });
      return [id, cell];
    }),
  );
  for (const { cell, action } of script) {
    cells.get(cell)!.do(action);
    if (action.kind === 'pause') recorder.flushEdits();
    if (action.kind !== 'run') continue;
    recorder.flushEdits();
    recorder.record('run', { source: model.cell(cell).source }, cell);
  }
  recorder.close();
  await outbox.flush();
  const events = JSON.parse(storableJson(server.events)) as unknown[];
  return {
    events: events.map((event) => eventSchema.parse(event)),
    texts: Object.fromEntries([...cells].map(([id, cell]) => [id, cell.state.doc.toString()])),
  };
}

/** As it is stored: a lone surrogate and NUL become another character of the same length. */
function stored(text: string): string {
  return JSON.parse(storableJson(text)) as string;
}

function textOf(document: NotebookDocument, edits: readonly StudyEvent[], cell: string): string {
  return stored(rebuild(document, edits).tasks[0]!.cells.find(({ id }) => id === cell)!.source);
}

describe('rebuilding from recorded edits', function () {
  this.timeout(60_000);
  for (const keystrokes of [true, false]) {
    const how = keystrokes ? 'each change recorded' : 'changes put together';
    it(`gives exactly the text of each cell at each run and at the end, with ${how}`, async () => {
      let [runs, edits] = [0, 0];
      await fc.assert(
        fc.asyncProperty(fc.string(), fc.constantFrom('', 'x = 1\r\ny = "🙂"\n'), editScript, async (a, b, script) => {
          const document = documentOf({ a: stored(a), b });
          const { events, texts } = await play(document, script, keystrokes);
          const edited = events.filter(({ type }) => type === 'edit');
          for (const run of events.filter(({ type }) => type === 'run')) {
            const before = edited.filter(({ seq }) => seq < run.seq);
            assert.equal(textOf(document, before, run.cell!), run.data['source'], `at event ${run.seq}`);
            runs++;
          }
          for (const cell of ['a', 'b']) assert.equal(textOf(document, edited, cell), stored(texts[cell]!));
          if (!keystrokes) for (const { data } of edited) assert.equal((data['steps'] as unknown[]).length, 1);
          edits += edited.length;
        }),
        { numRuns: 300 },
      );
      assert.ok(runs > 100 && edits > 500, `${runs} runs, ${edits} edits: too few to say anything`);
    });
  }
});
