/** Any study.yaml gives a study or clear messages, never a crash. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { MAX_CONDITIONS } from '../../src/studies/cross-references.js';
import { orderingNotes } from '../../src/studies/orderings/notes.js';
import { blocksOf } from '../../src/studies/orderings/ordering.js';
import { countRows } from '../../src/studies/orderings/rows.js';
import { readStudy, type Study } from '../../src/studies/read.js';
import { StudyError } from '../../src/studies/study-error.js';
import { anyOrderings } from './orderings-support.js';
import { fruitStudy, removeStudies, writeStudy } from './studies-support.js';

type Path = (string | number)[];

/** Where something stands in a value, each place a path. */
function placesIn(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  return [
    at,
    ...Object.entries(value).flatMap(([key, part]) =>
      placesIn(part, [...at, Array.isArray(value) ? Number(key) : key]),
    ),
  ];
}

/** The value with one place changed; without it for `undefined`. */
function changed(value: unknown, [key, ...rest]: Path, to: unknown): unknown {
  if (key === undefined) return to;
  const copy = (Array.isArray(value) ? (value as unknown[]).slice() : { ...(value as object) }) as Record<
    string | number,
    unknown
  >;
  copy[key] = rest.length === 0 ? to : changed(copy[key], rest, to);
  return copy;
}

const orderedStudy = (): unknown => ({
  ...fruitStudy(),
  conditions: { fruit: ['apple', 'orange'] },
  orderings: [
    'welcome',
    {
      kind: 'nested',
      among: 'latin',
      blocks: [
        { kind: 'fixed', tasks: ['peel'] },
        { kind: 'random', tasks: ['slice'], rows: 1, seed: 's' },
      ],
    },
    'bye',
  ],
  values: {},
  balancing: { strategy: 'weighted', weights: { 'apple, peel-slice': 2 }, quotas: {} },
});

/** What an author might write, and what nobody would. */
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    undefined,
    null,
    '',
    'peel',
    'welcome',
    'fruit',
    '%fruit%',
    '../x',
    'a/b.md',
    -1,
    1e308,
    [],
    {},
    '__proto__',
    ['peel', 'peel'],
  ),
);

async function studyOrProblems(folder: string, yaml: string): Promise<Study | undefined> {
  await writeFile(path.join(folder, 'study.yaml'), yaml);
  try {
    const study = await readStudy(folder);
    for (const note of orderingNotes(study)) assert.match(note, /\w/);
    return study;
  } catch (error) {
    assert.ok(error instanceof StudyError, error instanceof Error ? error.stack : String(error));
    assert.ok(error.problems.length > 0);
    for (const { message, line } of error.problems) {
      assert.match(message, /\w{3}/);
      assert.ok(line === undefined || line >= 1);
    }
    return undefined;
  }
}

describe('any study.yaml gives a study or clear messages', () => {
  let folder: string;
  before(async () => {
    folder = await writeStudy(fruitStudy());
  });
  after(removeStudies);

  it('with anything in any place of a good one', async () => {
    const studies = [fruitStudy(), orderedStudy()];
    const places = studies.map((study) => placesIn(study));
    const change = fc
      .constantFrom(0, 1)
      .chain((which) => fc.tuple(fc.constant(which), fc.constantFrom(...places[which]!), anything));
    const outcomes = new Set<boolean>();
    await fc.assert(
      fc.asyncProperty(change, async ([which, place, value]) => {
        const yaml = stringify(changed(studies[which], place, value), { aliasDuplicateObjects: false }) ?? '';
        outcomes.add((await studyOrProblems(folder, yaml)) !== undefined);
      }),
      { numRuns: 400 },
    );
    assert.deepEqual([...outcomes].sort(), [false, true], 'some were studies, some were not');
  });

  it('with any orderings, of tasks that there are: always a study, but for too many conditions', async () => {
    await fc.assert(
      fc.asyncProperty(anyOrderings, async (orderings) => {
        const tasks = orderings.flatMap((ordering) => blocksOf(ordering).flatMap((block) => block.tasks));
        const study = {
          ...fruitStudy(),
          conditions: {},
          orderings,
          tasks: tasks.map((id) => ({ id, title: id, cells: [{ markdown: 'bye.md' }] })),
        };
        const read = await studyOrProblems(folder, stringify(study, { aliasDuplicateObjects: false }));
        if (countRows(orderings) <= MAX_CONDITIONS) assert.equal(read?.conditions.length, countRows(orderings));
        for (const { document } of read?.conditions ?? []) {
          assert.deepEqual(document.tasks.map(({ id }) => id).sort(), [...tasks].sort());
        }
      }),
      { numRuns: 60 },
    );
  });

  it('with whole documents of anything', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...Object.keys(fruitStudy()), 'orderings'), anything)),
        async (value) => {
          await studyOrProblems(folder, stringify(value) ?? '');
        },
      ),
      { numRuns: 200 },
    );
  });

  it('with text that is no YAML, or strange YAML', async () => {
    const piece = fc.constantFrom(
      'id: ',
      '- ',
      '\n',
      '  ',
      '{',
      '[',
      '&a ',
      '*a',
      '? ',
      '!!map ',
      '"',
      "'",
      '|',
      '%',
      '\t',
      ': ',
      'tasks:',
      '\u0000',
      '<<: ',
      '---\n',
      'orderings:',
      '!!binary x',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece, { maxLength: 30 }).map((parts) => parts.join('')),
        ),
        async (yaml) => {
          await studyOrProblems(folder, yaml);
        },
      ),
      { numRuns: 400 },
    );
  });
});
