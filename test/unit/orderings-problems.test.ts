import assert from 'node:assert/strict';
import { fruitStudy, problemsOf, type RawStudy, removeStudies, writeStudy } from './studies-support.js';

/** What is changed in the good study, and all that is to be said about it. */
const cases: [title: string, change: (study: RawStudy) => unknown, expected: RegExp[]][] = [
  [
    'a task that no participant gets, one that comes twice, and one that there is not',
    (study) => {
      delete study.conditions.first;
      study.orderings = ['welcome', { kind: 'latin', tasks: ['peel', 'peel', 'cut'] }, 'bye'];
    },
    [
      /orderings.1: the task "peel" stands in the orderings twice/,
      /orderings.1: there is no task "cut"/,
      /tasks.2: no participant gets the task "slice"/,
    ],
  ],
  [
    'an introduction that moves and a closing before the end',
    (study) => {
      delete study.conditions.first;
      study.orderings = [{ kind: 'latin', tasks: ['welcome', 'peel'] }, 'bye', 'slice'];
    },
    [
      /orderings.0: the introduction "welcome" can only come first/,
      /orderings.2: the closing "bye" can only come last/,
    ],
  ],
  [
    'orders said twice',
    (study) => (study.orderings = ['welcome', { kind: 'full', tasks: ['peel', 'slice'] }, 'bye']),
    [/conditions.first.0.order: the study has `orderings`/, /conditions.first.1.order/],
  ],
  [
    'orderings that are none',
    (study) => {
      delete study.conditions.first;
      study.orderings = [
        3,
        { kind: 'latin' },
        { kind: 'mixed', tasks: ['peel'] },
        { kind: 'latin', square: 'original', tasks: ['a', 'b', 'c', 'd', 'e', 'f'] },
        { kind: 'random', tasks: ['a', 'b'], rows: 3 },
        { kind: 'full', tasks: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] },
        { kind: 'nested', among: 'latin', blocks: ['a'] },
      ];
    },
    [
      /orderings.0: expected a task, or an ordering: `kind`/,
      /orderings.1.tasks: is missing: expected a list/,
      /orderings.2(.kind)?: expected a task, or an ordering: `kind`/,
      /orderings.3: the original has squares of up to 5 tasks, not of 6/,
      /orderings.4: so many different orders/,
      /orderings.5.tasks: expected at most 6 items/,
      /orderings.6.blocks.0: expected fields/,
      /orderings.6.blocks: expected at least 2 items/,
    ],
  ],
  [
    'orderings that make too many conditions',
    (study) => {
      study.conditions = { fruit: ['apple', 'orange', 'pear'] };
      study.tasks.splice(1, 2, ...[...'abcdef'].map((id) => ({ id, title: id, cells: [{ markdown: 'bye.md' }] })));
      study.orderings = ['welcome', { kind: 'full', tasks: [...'abcdef'] }, 'bye'];
    },
    [/orderings: the factors and orderings make 2160 conditions, at most 1000/],
  ],
  [
    'orders that have one name',
    (study) => {
      delete study.conditions.first;
      Object.assign(study.tasks[1]!, { short: '1' });
      Object.assign(study.tasks[2]!, { short: '1' });
      study.orderings = ['welcome', { kind: 'balanced', tasks: ['peel', 'slice'] }, 'bye'];
    },
    [/orderings: two orders are called "11"/],
  ],
  [
    'a factor with the name of the orderings',
    (study) => {
      study.conditions = { ordering: ['a'], fruit: study.conditions.fruit };
      study.orderings = ['welcome', 'peel', 'slice', 'bye'];
    },
    [/conditions.ordering: %ordering% is defined by the factor "ordering" and by the orderings/],
  ],
];

describe('a study with bad orderings', () => {
  afterEach(removeStudies);

  for (const [title, change, expected] of cases) {
    it(`says what is wrong about ${title}`, async () => {
      const study = fruitStudy();
      change(study);
      const problems = await problemsOf(await writeStudy(study));
      assert.equal(problems.length, expected.length, problems.join('\n'));
      for (const [index, pattern] of expected.entries()) assert.match(problems[index]!, pattern);
    });
  }
});
