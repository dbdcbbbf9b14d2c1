import assert from 'node:assert/strict';
import fc from 'fast-check';
import { documentSchema } from '../../src/studies/document.js';
import { readStudy, type Study } from '../../src/studies/read.js';
import { fillPlaceholders } from '../../src/studies/placeholders.js';
import { renderDocument } from '../../src/studies/render.js';
import { fruitStudy, removeStudies, writeStudy } from './studies-support.js';

const key = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,5}$/);
const text = fc
  .array(
    fc.oneof(
      fc.string(),
      key.map((name) => `%${name}%`),
      fc.constant('%'),
    ),
  )
  .map((parts) => parts.join(''));

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}

describe('placeholders', () => {
  it('are replaced wherever they stand, also after other percent signs', () => {
    const values = new Map([
      ['library', 'nacl'],
      ['n', '$&'],
    ]);
    assert.equal(fillPlaceholders('%library% %s%library%% %n%%n%', values), 'nacl %snacl% $&$&');
  });

  it('stay when they are unknown, whatever the text', () => {
    fc.assert(
      fc.property(text, fc.dictionary(key, fc.string()), (source, values) => {
        const known = new Map(Object.entries(values).filter(([name]) => !source.includes(`%${name}%`)));
        assert.equal(fillPlaceholders(source, known), source);
      }),
    );
  });

  it('are not looked for in the values', () => {
    const values = new Map([
      ['a', '%b%'],
      ['b', '%a%'],
    ]);
    assert.equal(fillPlaceholders('%a%-%b%', values), '%b%-%a%');
  });

  it('leave none of the known ones over when the values have no percent sign', () => {
    const plain = fc.string().filter((value) => !value.includes('%'));
    fc.assert(
      fc.property(fc.array(key), fc.array(fc.tuple(key, plain)), (names, entries) => {
        const values = new Map(entries);
        const filled = fillPlaceholders(names.map((name) => `%${name}%`).join(' '), values);
        assert.equal(filled, names.map((name) => values.get(name) ?? `%${name}%`).join(' '));
      }),
    );
  });
});

describe('rendering a document', () => {
  let study: Study;
  before(async () => {
    study = deepFreeze(await readStudy(await writeStudy(fruitStudy())));
  });
  after(removeStudies);

  it('is pure: the same study and condition give the same document, and nothing of the study changes', () => {
    for (const condition of study.conditions) {
      const again = renderDocument(study, condition);
      assert.deepEqual(again, condition.document);
      assert.notEqual(again.tasks, condition.document.tasks);
    }
  });

  it('shares nothing between documents: the original put the first one’s values into all', () => {
    const [first, second] = [renderDocument(study, study.conditions[0]!), renderDocument(study, study.conditions[0]!)];
    first.tasks[0]!.cells[0]!.source = 'changed';
    assert.equal(second.tasks[0]!.cells[0]!.source, 'Hello\nyou');
  });

  it('keeps the ids of tasks and cells in all conditions', () => {
    const ids = study.conditions.map(({ document }) =>
      document.tasks.flatMap((task) => [task.id, ...task.cells.map((cell) => cell.id)]).sort(),
    );
    for (const other of ids) assert.deepEqual(other, ids[0]);
  });

  it('refuses a condition of another study', () => {
    const condition = { number: 1, name: 'banana', factors: { fruit: 'banana', first: 'peel' } };
    assert.throws(() => renderDocument(study, condition), /no level of "fruit"/);
  });
});

describe('document schema', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd-1', 'e-2');
  const cell = fc.record({ id, type: fc.constant('markdown' as const), source: fc.string() });
  const task = fc.record({
    id,
    title: fc.constant('t'),
    kind: fc.constant('task' as const),
    cells: fc.array(cell, { maxLength: 3 }),
  });

  it('accepts a document exactly when its task ids and its cell ids are unique', () => {
    fc.assert(
      fc.property(fc.array(task, { minLength: 1, maxLength: 3 }), (tasks) => {
        const isUnique = (ids: string[]): boolean => new Set(ids).size === ids.length;
        const cells = tasks.flatMap((one) => one.cells.map((each) => each.id));
        assert.equal(
          documentSchema.safeParse({ tasks }).success,
          isUnique(tasks.map((one) => one.id)) && isUnique(cells),
        );
      }),
    );
  });

  it('takes outputs of any kind as they are', () => {
    const outputs = [
      { output_type: 'stream', name: 'stdout', text: 'hi' },
      { output_type: 'display_data', data: { 'image/png': 'x' }, metadata: { a: 1 } },
      { output_type: 'something-new', extra: [1, { deep: true }] },
    ];
    const code = { id: 'c', type: 'code', source: '', runnable: true, executionCount: 3, outputs };
    const document = { tasks: [{ id: 't', title: 'T', kind: 'task', cells: [code] }] };
    assert.deepEqual(documentSchema.parse(document), document);
    assert.equal(documentSchema.safeParse({ ...document, more: 1 }).success, false);
  });
});
