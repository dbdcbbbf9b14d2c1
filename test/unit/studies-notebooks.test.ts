/** Cells from Jupyter notebooks: in study.yaml, and by importing. */
import assert from 'node:assert/strict';
import { NotOriginal } from '../../src/studies/original/editor.js';
import { readEditorDatabase } from '../../src/studies/original/editor-database.js';
import { dbSchema, generatedFiles } from '../../src/studies/original/generate.js';
import { type GivenFile } from '../../src/studies/original/notebook-files.js';
import { notebookStudy } from '../../src/studies/original/notebook-study.js';
import { readStudy, type Study } from '../../src/studies/read.js';
import { starterCells } from '../../src/studies/starter-code.js';
import { remarks } from '../../src/studies/remarks.js';
import { editorFile } from './editor-database.js';
import { fruitFiles, fruitStudy, problemsOf, removeStudies, writeStudy } from './studies-support.js';

const cell = (cell_type: string, source: string | string[], metadata: object = {}): object => ({
  cell_type,
  source,
  metadata,
});
const notebook = (...cells: object[]): string =>
  JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells });

const peel = notebook(
  cell('markdown', ['Peel the %fruit%\r\n', 'first.'], { tasknum: 1 }),
  cell('raw', 'left out', { tasknum: 1 }),
  cell('code', 'peel()', { tasknum: '1', runnable: false }),
  cell('code', 'slice("%fruit%")', { tasknum: 2 }),
);

describe('cells of a study in a notebook', () => {
  afterEach(removeStudies);

  const study = (cells: object[]) => {
    const fruit = fruitStudy();
    fruit.tasks[1]!.cells = cells;
    return fruit;
  };

  it('are all its text and code, or those of one tasknum; placeholders stand in its name and its cells', async () => {
    const cells = [
      { notebook: '%fruit%.ipynb', tasknum: 1 },
      { markdown: 'peel.md' },
      { id: 'all', notebook: '%fruit%.ipynb' },
    ];
    const files = { ...fruitFiles, 'apple.ipynb': peel, 'orange.ipynb': peel };
    const read = await readStudy(await writeStudy(study(cells), files));
    const found = read.conditions[0]!.document.tasks[1]!.cells.map((each) => [
      each.id,
      each.type,
      each.source.slice(0, 22),
    ]);
    assert.deepEqual(found, [
      ['peel-1-1', 'markdown', 'Peel the apple\nfirst.'],
      ['peel-1-2', 'code', 'peel()'],
      ['peel-2', 'markdown', 'Peel the apple with yo'],
      ['all-1', 'markdown', 'Peel the apple\nfirst.'],
      ['all-2', 'code', 'peel()'],
      ['all-3', 'code', 'slice("apple")'],
    ]);
    const runnable = starterCells(read, read.conditions[0]!).map(({ id, file }) => [id, file]);
    assert.deepEqual(runnable, [['all-3', 'apple.ipynb']]);
    assert.deepEqual(
      remarks(read, Object.keys(files)).filter((remark) => remark.includes('ipynb')),
      [],
    );
  });

  it('are refused with words where there is no notebook, none of format 4, or no such cell', async () => {
    const cells = ['text.ipynb', 'old.ipynb', 'empty.ipynb', 'none.ipynb'].map((name) => ({ notebook: name }));
    const files = {
      'text.ipynb': 'x',
      'old.ipynb': '{"nbformat":3,"worksheets":[]}',
      'empty.ipynb': notebook(),
      'peel.ipynb': peel,
    };
    const problems = await problemsOf(
      await writeStudy(study([...cells, { notebook: 'peel.ipynb', tasknum: 7 }]), { ...fruitFiles, ...files }),
    );
    const expected = [
      /cells.3.notebook: there is no file "none.ipynb"/,
      /cells.0.notebook: "text.ipynb" is not a Jupyter notebook of format 4: it is no JSON/,
      /cells.1.notebook: "old.ipynb" is not a Jupyter notebook of format 4: nbformat: /,
      /cells.2.notebook: "empty.ipynb" has no cell of text or code/,
      /cells.4.notebook: "peel.ipynb" has no cell of text or code with the tasknum "7"/,
    ];
    assert.equal(problems.length, expected.length, problems.join('\n'));
    for (const [index, pattern] of expected.entries()) assert.match(problems[index]!, pattern);
  });
});

describe('importing notebooks', () => {
  afterEach(removeStudies);

  async function imported(
    given: GivenFile[],
    schema?: string,
  ): Promise<{ study: Study; notes: readonly string[]; files: ReadonlyMap<string, string> }> {
    const { files, notes } = notebookStudy(given, schema);
    const { 'study.yaml': yaml, ...texts } = Object.fromEntries(files);
    return { notes, files, study: await readStudy(await writeStudy(yaml!, texts)) };
  }

  const sourcesIn = (text: string): string[] =>
    (JSON.parse(text) as { cells: { source: string }[] }).cells.map(({ source }) =>
      source.replaceAll('\r\n', '\n').trimEnd(),
    );

  for (const [title, options] of [
    ['as they are now, the fixed tasks in their names', { includeFixed: true, numbered: true }],
    [
      'as they were first, without tasknum and without fixed tasks in their names',
      { includeFixed: false, numbered: false },
    ],
  ] as const) {
    it(`that the original generated, ${title}: the same texts in the same orders, by its numbers`, async () => {
      const { templates, conditions } = await readEditorDatabase(await editorFile());
      const generated = generatedFiles(templates[0]!, { conditions, kernel: 'python3', ...options });
      const { study, notes, files } = await imported([...generated].reverse(), dbSchema([{ id: 1, files: generated }]));
      assert.deepEqual(notes, []);
      assert.equal(study.id, 'example');
      const sources = study.conditions.map(({ document }) =>
        document.tasks.flatMap(({ cells }) => cells.map(({ source }) => source)),
      );
      assert.deepEqual(
        sources,
        generated.map(({ text }) => sourcesIn(text)),
      );
      assert.equal(study.conditions[4]!.name, generated[4]!.name.replace('example_', '').replace('.ipynb', ''));
      const [first, last] = options.includeFixed ? ['task-0', 'task-f'] : ['task-start', 'task-end'];
      assert.deepEqual(
        study.conditions[4]!.document.tasks.map(({ id }) => id),
        [first, 'task-2', 'task-3', 'task-1', last],
      );
      assert.deepEqual(
        study.tasks.map(({ kind }) => kind),
        ['introduction', 'task', 'task', 'task', 'closing'],
      );
      assert.ok(files.has('tasks/task-3/1.md') && files.has('tasks/task-1/2-%notebook%.py') === false);
    });
  }

  it('of any other kind: an introduction, then a task for each text that follows code', async () => {
    const text = notebook(
      ...[cell('markdown', '# Hello'), cell('markdown', '## One\nDo.'), cell('code', '1'), cell('code', '2')],
      ...[cell('markdown', 'No heading'), cell('code', '3'), cell('markdown', '# Bye')],
    );
    const { study } = await imported([{ name: 'my_study.ipynb', text }]);
    assert.equal(study.id, 'my-study');
    assert.deepEqual(
      study.tasks.map(({ title, kind, cells }) => [title, kind, cells.length]),
      [
        ['Hello', 'introduction', 1],
        ['One', 'task', 3],
        ['task-2', 'task', 2],
        ['Bye', 'closing', 1],
      ],
    );
  });

  it('says what cannot be: notebooks of different tasks, files that are missing or not listed, and what is none', () => {
    const one = { name: 'a_x.ipynb', text: notebook(cell('code', '1')) };
    const two = { name: 'a_y.ipynb', text: notebook(cell('markdown', '1')) };
    const refused = (given: GivenFile[], pattern: RegExp, schema?: string) =>
      assert.throws(
        () => notebookStudy(given, schema),
        (error: Error) => error instanceof NotOriginal && pattern.test(error.message),
      );
    refused([one, two], /^a_y.ipynb has other tasks than a_x.ipynb/);
    refused([{ name: 'x.ipynb', text: '[]' }], /^x.ipynb is not a Jupyter notebook/);
    refused([{ name: 'x.ipynb', text: notebook() }], /^x.ipynb has no cells/);
    refused([one], /not a dbSchema.sql/, 'select 1');
    const { notes } = notebookStudy(
      [one, { ...one, name: 'a_z.ipynb' }],
      dbSchema([{ id: 1, files: [{ name: 'a_z.ipynb' }, { name: 'b.ipynb' }] }]),
    );
    assert.deepEqual(notes, [
      'b.ipynb is in dbSchema.sql and was not given; it is left out.',
      'a_x.ipynb is not in dbSchema.sql; it comes last.',
    ]);
  });
});
