import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { readEditorDatabase } from '../../src/studies/original/editor-database.js';
import { generatedFiles, hashOf } from '../../src/studies/original/generate.js';
import { NUMBERS_FILE, type StudyFolder, studyFolder } from '../../src/studies/original/study-folder.js';
import { readStudy, type Study } from '../../src/studies/read.js';
import { editorFile, type Rows, sample } from './editor-database.js';
import { removeStudies, writeStudy } from './studies-support.js';

interface Imported extends StudyFolder {
  readonly study: Study;
}

async function imported(changed?: Rows): Promise<Imported> {
  const data = await readEditorDatabase(await editorFile(changed));
  const made = studyFolder(data, data.templates[0]!);
  const { 'study.yaml': yaml, ...files } = Object.fromEntries(made.files);
  return { ...made, study: await readStudy(await writeStudy(yaml!, files)) };
}

const sources = ({ conditions }: Study): string[][] =>
  conditions.map(({ document }) => document.tasks.flatMap(({ cells }) => cells.map(({ source }) => source)));

/** What participants of each condition read in the original: line ends and the last ones aside. */
async function originalSources(changed?: Rows): Promise<string[][]> {
  const { templates, conditions } = await readEditorDatabase(await editorFile(changed));
  return generatedFiles(templates[0]!, { conditions, includeFixed: true, kernel: 'python3', numbered: false }).map(
    ({ text }) =>
      (JSON.parse(text) as { cells: { source: string }[] }).cells.map(({ source }) =>
        source.replaceAll('\r\n', '\n').trimEnd(),
      ),
  );
}

describe('a study of the original’s editor', () => {
  afterEach(removeStudies);

  it('has its tasks, conditions and orders, under its numbers and with its texts', async () => {
    const { study, notes, id } = await imported();
    assert.deepEqual(notes, []);
    assert.equal(id, 'example');
    assert.deepEqual(
      study.conditions.map(({ number, name }) => `${number} ${name}`),
      ['123', '231', '312'].flatMap((order, o) =>
        ['Apples', 'Bananas', 'Oranges'].map((fruit, f) => `${o * 3 + f + 1} ${fruit}, ${order}`),
      ),
    );
    assert.deepEqual(
      study.tasks.map(({ id: task, title, kind, short }) => [task, title, kind, short]),
      [
        ['introduction', 'Introduction', 'introduction', '0'],
        ['wash', 'Wash', 'task', '1'],
        ['peel', 'Peel', 'task', '2'],
        ['cut', 'Cut', 'task', '3'],
        ['finish', 'Finish', 'closing', 'f'],
      ],
    );
    assert.deepEqual(sources(study), await originalSources());
    assert.equal(
      sources(study)[4]![0],
      'You peel **bananas**.\n\nFirst Peel (2): Take off the peel.\nLast: Finish %nothing%',
    );
  });

  it('lists which of the original’s numbers is which: those of its database, where it has generated', async () => {
    const numbers = ({ files }: StudyFolder): string[] => files.get(NUMBERS_FILE)!.split('\n');
    const first = numbers(await imported());
    assert.equal(first[0], 'number,category,condition,filename,hash');
    assert.equal(first[5], `5,1,4,"example_bananas_[0_231_f].ipynb",${hashOf('example_bananas_[0_231_f].ipynb')}`);
    const names = ['123', '231', '312'].flatMap((order) =>
      ['apples', 'bananas', 'oranges'].map((fruit) => `example_${fruit}_[${order}].ipynb`),
    );
    const files = ['other.ipynb', ...names].map((name, n) => [n + 40, name === 'other.ipynb' ? 9 : 1, name, '']);
    assert.match(numbers(await imported({ nbgen_files: files }))[5]!, /^5,1,5,"example_bananas_\[231\].ipynb",/);
    const { notes } = await imported({ nbgen_files: files.slice(0, 3) });
    assert.match(notes[0]!, /has not generated these files of "example"/);
  });

  it('has the same texts where placeholders have strange names, stand in each other, or are missing in a condition', async () => {
    const changed = {
      nbgen_cells: sample['nbgen_cells']!.map((row) =>
        row[0] === 1
          ? [...row.slice(0, 4), 'A %my-key% %task1% %a% %ordering% %condition% %only%', ...row.slice(5)]
          : row,
      ),
      nbgen_pairs: [
        [1, 'my-key', '1 %a%', 1],
        [2, 'a', 'x %my-key%', 1],
        [3, 'task1', 'value', 1],
        [4, 'ordering', 'o', 1],
        [5, 'only', 'here', 1],
        [6, 'my-key', '2', 2],
        [7, 'a', '%task2%', 2],
        [8, 'my-key', 'again', 2],
        [9, 'a', 'z', 3],
      ],
    };
    const { study, notes } = await imported(changed);
    assert.deepEqual(
      Object.keys(study.definition.conditions),
      ['variant'],
      '%condition% stands in a text and means nothing',
    );
    assert.deepEqual(
      notes.map((note) => note.split(' is called ')[0]),
      ['my-key', 'task1', 'ordering'].map((key) => `The placeholder %${key}%`),
    );
    const expected = await originalSources(changed);
    assert.deepEqual(
      sources(study).map(([first]) => first),
      expected.map(([first]) => first),
    );
  });

  it('names the factor as its placeholder, where one tells the conditions apart', async () => {
    const pairs = sample['nbgen_pairs']!.map(([id, , value, condition]) => [id!, 'condition', value!, condition!]);
    const { files } = await imported({ nbgen_pairs: pairs });
    const { conditions } = parse(files.get('study.yaml')!) as { conditions: unknown };
    assert.deepEqual(conditions, {
      condition: [
        { name: 'apples', label: 'Apples' },
        { name: 'bananas', label: 'Bananas' },
        { name: 'oranges', label: 'Oranges' },
      ],
    });
  });

  it('mends and says what cannot be: tasks that come twice, shorts that are the same, more than five tasks in a square', async () => {
    const { study, notes } = await imported({
      nbgen_conditions: [],
      nbgen_pairs: [],
      nbgen_tasks: [...'aabcdef'].map((short, index) => [index + 1, `Task ${index}`, short, '']),
      nbgen_taskcells: [1, 2, 3, 4, 5, 6, 7].map((task) => [task, task, 0]),
      nbgen_orderoptions: [
        [1, 1, 0, 0],
        [2, 1, 1, 1],
      ],
      nbgen_task_association: [[1, 1], ...[1, 2, 3, 4, 5, 6].map((task) => [2, task])],
      nbgen_template_tasks: [],
    });
    assert.equal(study.conditions.length, 6);
    assert.deepEqual(
      study.conditions[1]!.document.tasks.map(({ id }) => id),
      ['task-0', 'task-1', 'task-2', 'task-3', 'task-4', 'task-5', 'task-0-2'],
    );
    const expected = [
      /^Template "example" has the task "Task 0" twice: its second one is "task-0-2"/,
      /^The short "a" of the task "Task 0"/,
      /^The short "a" of the task "Task 1"/,
      /^Of the 6 tasks/,
    ];
    for (const [index, pattern] of expected.entries()) assert.match(notes[index]!, pattern);
  });
});
