import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type EditorData, NotOriginal } from '../../src/studies/original/editor.js';
import { readEditorDatabase } from '../../src/studies/original/editor-database.js';
import {
  dbSchema,
  type GeneratedFile,
  generatedFiles,
  type GenerateOptions,
  slug,
} from '../../src/studies/original/generate.js';
import { editorFile, type Rows, sample } from './editor-database.js';

const read = async (changed?: Rows, more?: string): Promise<EditorData> =>
  readEditorDatabase(await editorFile(changed, more));

const generate = ({ templates, conditions }: EditorData, options: Partial<GenerateOptions> = {}): GeneratedFile[] =>
  generatedFiles(templates[0]!, { conditions, includeFixed: true, kernel: 'python3', numbered: false, ...options });

const namesOf = (files: readonly GeneratedFile[]): string[] => files.map(({ name }) => name);

interface Notebook {
  metadata: { task_count?: number };
  cells: { cell_type: string; metadata: object; source: string }[];
}
const parsed = ({ text }: GeneratedFile): Notebook => JSON.parse(text) as Notebook;
const sourcesOf = (file: GeneratedFile): string[] => parsed(file).cells.map(({ source }) => source);

/** By hand, from the rules of the original: orders outside, conditions inside. */
const NAMES = ['123', '231', '312'].flatMap((order) =>
  ['apples', 'bananas', 'oranges'].map((fruit) => `example_${fruit}_[0_${order}_f].ipynb`),
);

describe('the files of the original’s editor', () => {
  it('have its names, in the order of its condition numbers', async () => {
    const data = await read();
    assert.deepEqual(data.notes, []);
    assert.deepEqual(namesOf(generate(data)), NAMES);
    assert.deepEqual(
      namesOf(generate(data, { includeFixed: false, prefix: 'My Study!' }))[4],
      'my_study_bananas_[231].ipynb',
    );
    assert.deepEqual(
      namesOf(generate(data, { conditions: [] })),
      ['123', '231', '312'].map((order) => `example_[0_${order}_f].ipynb`),
    );
  });

  it('have its contents, byte by byte', async () => {
    const file = generate(await read()).find(({ name }) => name === 'example_bananas_[0_231_f].ipynb')!;
    assert.equal(file.text, BANANAS_231);
  });

  it('have the values of their own condition and order in all tasks: the original had the first file’s in the last task of all', async () => {
    for (const file of generate(await read())) {
      const [, fruit, short] = /^example_([a-z]+)_\[0_(\d)/.exec(file.name)!;
      const first = { '1': 'Wash', '2': 'Peel', '3': 'Cut' }[short!];
      assert.equal(sourcesOf(file).at(-1), `No more ${fruit}. You began with ${first}.`);
      assert.ok(sourcesOf(file)[0]!.startsWith(`You peel **${fruit}**.\r\n\r\nFirst ${first} (`));
    }
  });

  it('are all in dbSchema.sql, numbered from 0, with the hash of their names', async () => {
    const data = await read();
    const lines = dbSchema([
      { id: 1, files: generate(data) },
      { id: 7, files: [{ name: 'x.ipynb' }] },
    ]).split('\n');
    const hash = (name: string): string => createHash('sha256').update(name).digest('hex');
    const rows = [...NAMES.map((name): [number, string] => [1, name]), [7, 'x.ipynb']] as const;
    assert.deepEqual(lines, [
      ...rows.map(([id, name], n) => `INSERT INTO "conditions" VALUES(${id}, ${n}, '${name}', '${hash(name)}');`),
      '',
    ]);
  });

  it('have tasknum, runnable and task_count as from 2022 on', async () => {
    const data = await read(
      { nbgen_tasks: sample['nbgen_tasks']!.map((row) => [...row, row[0] === 3 ? 0 : 1]) },
      'alter table nbgen_tasks add column runnable boolean;',
    );
    const notebook = parsed(generate(data, { numbered: true })[3]!);
    assert.equal(notebook.metadata.task_count, 5);
    assert.deepEqual(
      notebook.cells.map(({ metadata }) => metadata),
      [
        { tasknum: 0, runnable: true },
        { tasknum: 1, runnable: false },
        { collapsed: false, tasknum: 1, runnable: false },
        { tasknum: 2, runnable: true },
        { collapsed: false, tasknum: 2, runnable: true },
        { tasknum: 3, runnable: true },
        { collapsed: false, tasknum: 3, runnable: true },
        { tasknum: 4, runnable: true },
      ],
    );
  });

  it('multiply: of two Latin squares the last one changes slowest', async () => {
    const data = await read({
      nbgen_orderoptions: [
        [1, 1, 1, 0],
        [2, 1, 1, 1],
      ],
      nbgen_task_association: [
        [1, 1],
        [1, 2],
        [2, 3],
        [2, 4],
      ],
      nbgen_template_tasks: [],
    });
    const orders = ['01_23', '10_23', '01_32', '10_32'].flatMap((order) =>
      ['apples', 'bananas', 'oranges'].map((fruit) => `example_${fruit}_[${order}].ipynb`),
    );
    assert.deepEqual(namesOf(generate(data)), orders);
  });

  it('have all of more than five tasks, each at each place: the original left some out and counted wrongly after them', async () => {
    const data = await read({
      nbgen_tasks: [...'abcdefg'].map((short, index) => [index + 1, `Task ${short}`, short, '']),
      nbgen_orderoptions: [
        [1, 1, 1, 0],
        [2, 1, 0, 1],
      ],
      nbgen_task_association: [...[1, 2, 3, 4, 5, 6].map((task) => [1, task]), [2, 7]],
      nbgen_template_tasks: [],
    });
    const files = generate(data, { conditions: [] });
    assert.deepEqual(
      namesOf(files).map((name) => name.slice(8)),
      [
        '[abcdef_g].ipynb',
        '[bcdefa_g].ipynb',
        '[cdefab_g].ipynb',
        '[defabc_g].ipynb',
        '[efabcd_g].ipynb',
        '[fabcde_g].ipynb',
      ],
    );
  });

  it('are refused where two would have one name', async () => {
    const data = await read({
      nbgen_conditions: [
        [1, 'Äpfel!'],
        [2, 'apfel'],
      ],
    });
    assert.throws(
      () => generate(data),
      (error: Error) => error instanceof NotOriginal && error.message.includes('example_apfel_[0_123_f].ipynb'),
    );
  });

  it('have names of what is left in ASCII', () => {
    const slugs = { 'Äpfel & Birnen': 'apfel__birnen', ' A-b_C ': 'a-b_c', 日本: '', 'ﬁne (2)': 'fine_2' };
    for (const [name, expected] of Object.entries(slugs)) assert.equal(slug(name), expected);
  });
});

describe('reading the original’s database', () => {
  it('says what was mended: deleted cells and tasks, tasks in no order, values without a key', async () => {
    const { notes, templates, conditions } = await read({
      nbgen_taskcells: [...sample['nbgen_taskcells']!, [2, 99, 2]],
      nbgen_task_association: [
        [1, 1],
        [2, 2],
        [2, 99],
      ],
      nbgen_orderoptions: [
        [1, 1, 0, 1],
        [2, 1, 1, 0],
      ],
      nbgen_pairs: [
        [1, '', 'x', 1],
        [2, 'fruit', null, 2],
      ],
    });
    assert.deepEqual(notes, [
      'Task "Wash" names a cell that was deleted; it is left out.',
      'Template "example" orders a task that was deleted; it is left out.',
      ...['Peel', 'Cut', 'Finish'].map(
        (task) =>
          `Template "example" selects the task "${task}", but no order has it: nobody got it, and it is left out.`,
      ),
      'Condition "Apples" has a value without a key, which the original put for each "%%"; it is left out.',
    ]);
    assert.deepEqual(
      templates[0]!.options.map(({ tasks }) => tasks.map(({ name }) => name)),
      [['Wash'], ['Introduction']],
    );
    assert.deepEqual(
      conditions.map(({ pairs }) => pairs),
      [[], [{ key: 'fruit', value: '' }], []],
    );
  });

  it('refuses what is none', async () => {
    await assert.rejects(readEditorDatabase(Buffer.from('no database')), NotOriginal);
    await assert.rejects(readEditorDatabase(new Uint8Array()), /no such table: nbgen_cells/);
    await assert.rejects(read({ nbgen_cells: [[1, 'x', 'raw', 0, '', '', '']] }), /row 1 of nbgen_cells: cell_type: /);
  });
});

const kernel = `{
    "metadata": {
        "kernelspec": {
            "display_name": "Python 3",
            "language": "python",
            "name": "python3"
        },
        "language_info": {
            "codemirror_mode": {
                "name": "ipython",
                "version": 3
            },
            "file_extension": ".py",
            "mimetype": "text/x-python",
            "name": "python",
            "nbconvert_exporter": "python",
            "pygments_lexer": "ipython3",
            "version": "3.6.9"
        }
    },
    "nbformat": 4,
    "nbformat_minor": 2,
    "cells": [
`;
const markdown = (source: string): string => `        {
            "cell_type": "markdown",
            "metadata": {},
            "source": "${source}"
        }`;
const code = (source: string): string => `        {
            "cell_type": "code",
            "execution_count": 0,
            "outputs": [],
            "metadata": {
                "collapsed": false
            },
            "source": "${source}"
        }`;
const BANANAS_231 = `${kernel}${[
  markdown(String.raw`You peel **bananas**.\r\n\r\nFirst Peel (2): Take off the peel.\r\nLast: Finish %nothing%`),
  markdown('Peel it.'),
  code(String.raw`peel(\"bananas\")`),
  markdown('Cut it.'),
  code('cut()'),
  markdown('Wash the bananas.'),
  code(String.raw`def wash(fruit):\r\n    pass  # \"bananas\" \u2014 \u00e4`),
  markdown('No more bananas. You began with Peel.'),
].join(',\n')}
    ]
}`;
