import assert from 'node:assert/strict';
import { orderingNotes } from '../../src/studies/orderings/notes.js';
import { readStudy } from '../../src/studies/read.js';
import { fruitFiles, fruitStudy, removeStudies, type RawStudy, writeStudy } from './studies-support.js';

const texts = {
  ...fruitFiles,
  'welcome.md': 'First %task1% (%task1.short%: %task1.description%), then %next%. %task9% %task0.short% %ordering%\n',
  'list.txt': '%task2% in order %ordering%\n',
};

function orderedStudy(): RawStudy {
  const study = fruitStudy();
  return {
    ...study,
    values: { contact: 'Ada', next: '%task2%' },
    conditions: { fruit: ['apple', 'orange'] },
    orderings: ['welcome', { kind: 'balanced', tasks: ['peel', 'slice'] }, 'bye'],
    files: [{ path: 'order-%ordering%.txt', file: 'list.txt' }],
    tasks: [
      study.tasks[0]!,
      {
        id: 'peel',
        title: 'Peel the %fruit%',
        short: 'p',
        description: 'a %fruit%, peeled',
        cells: [{ markdown: 'bye.md' }],
      },
      { id: 'slice', title: 'Slice', short: 's', cells: [{ markdown: 'bye.md' }] },
      study.tasks[3]!,
    ],
  };
}

describe('a study with orderings', () => {
  afterEach(removeStudies);

  it('has a condition for each order and each level: the order changes slowest, as in the original', async () => {
    const { conditions } = await readStudy(await writeStudy(orderedStudy(), texts));
    assert.deepEqual(
      conditions.map(({ number, name, factors }) => ({ number, name, factors })),
      [
        { number: 1, name: 'apple, ps', factors: { fruit: 'apple', ordering: 'ps' } },
        { number: 2, name: 'orange, ps', factors: { fruit: 'orange', ordering: 'ps' } },
        { number: 3, name: 'apple, sp', factors: { fruit: 'apple', ordering: 'sp' } },
        { number: 4, name: 'orange, sp', factors: { fruit: 'orange', ordering: 'sp' } },
      ],
    );
    assert.deepEqual(
      conditions.map(({ document }) => document.tasks.map(({ id }) => id).join(' ')),
      ['welcome peel slice bye', 'welcome peel slice bye', 'welcome slice peel bye', 'welcome slice peel bye'],
    );
  });

  it('fills placeholders of places after those of the condition; what is unknown, or was not said, stays', async () => {
    const { conditions } = await readStudy(await writeStudy(orderedStudy(), texts));
    const welcome = conditions.map(({ document }) => document.tasks[0]!.cells[0]!.source);
    assert.equal(welcome[0], 'First Peel the apple (p: a apple, peeled), then Slice. %task9% %task0.short% ps');
    assert.equal(welcome[3], 'First Slice (s: %task1.description%), then Peel the orange. %task9% %task0.short% sp');
    assert.deepEqual(conditions[2]!.starterFiles, [{ path: 'order-sp.txt', text: 'Peel the apple in order sp\n' }]);
  });

  it('fills places without orderings as well', async () => {
    const { conditions } = await readStudy(await writeStudy(fruitStudy(), { ...texts, 'list.txt': '' }));
    assert.match(conditions[3]!.document.tasks[0]!.cells[0]!.source, /^First Slice \(%task1.short%/);
  });

  it('is the same whenever it is read', async () => {
    const folder = await writeStudy(orderedStudy(), texts);
    assert.deepEqual(await readStudy(folder), await readStudy(folder));
  });
});

describe('notes on orderings', () => {
  afterEach(removeStudies);

  const letters = [...'abcd'];
  const notesOn = async (change: Partial<RawStudy>): Promise<string[]> => {
    const tasks = letters.map((id) => ({ id, title: id, cells: [{ markdown: 'bye.md' }] }));
    const study = { ...fruitStudy(), conditions: { fruit: ['apple', 'orange'] }, caps: { maxParticipants: 80 }, tasks };
    return orderingNotes(await readStudy(await writeStudy({ ...study, ...change })));
  };
  const balanced = { kind: 'balanced', tasks: letters };

  it('say nothing of a balanced square whose orders are used equally', async () => {
    assert.deepEqual(await notesOn({ orderings: [balanced] }), []);
    assert.deepEqual(await notesOn({}), []);
  });

  it('name the places that random orders leave out', async () => {
    const [note, ...others] = await notesOn({ orderings: [{ kind: 'random', tasks: letters, rows: 5 }] });
    assert.match(
      note!,
      /^The 5 random orders of "a", "b", "c", "d" do not balance the places: "\w" is \d times at place \d, "\w" is \d/,
    );
    assert.deepEqual(others, []);
    assert.deepEqual(
      await notesOn({ orderings: [{ kind: 'random', tasks: letters, rows: 24 }], caps: { maxParticipants: 48 } }),
      [],
    );
  });

  it('say that in a cyclic square the same tasks follow each other', async () => {
    const notes = await notesOn({ orderings: [{ kind: 'latin', tasks: letters }] });
    assert.equal(notes.length, 1);
    assert.match(notes[0]!, /"b" comes after "a"/);
  });

  it('say when blocks of different size change places', async () => {
    const blocks = [
      { kind: 'fixed', tasks: ['a'] },
      { kind: 'fixed', tasks: ['b', 'c', 'd'] },
    ];
    assert.match(
      (await notesOn({ orderings: [{ kind: 'nested', among: 'latin', blocks }] }))[0]!,
      /blocks have 1, 3 tasks/,
    );
    assert.deepEqual(await notesOn({ orderings: [{ kind: 'nested', among: 'fixed', blocks }] }), []);
  });

  it('say when orders are used unequally: by weights, rare conditions, quotas or a cap that does not divide', async () => {
    const orderings = [{ kind: 'balanced', tasks: ['a', 'b'] }, 'c', 'd'];
    const on = async (change: object): Promise<string> => (await notesOn({ orderings, ...change })).join('\n');
    assert.match(
      await on({ balancing: { strategy: 'weighted', weights: { 'apple, ab': 2 } } }),
      /^The weights use some/,
    );
    assert.equal(await on({ balancing: { strategy: 'weighted', weights: { 'apple, ab': 2, 'orange, ba': 2 } } }), '');
    assert.match(await on({ balancing: { strategy: 'rare-common', rare: ['apple, ab'] } }), /^The rare conditions/);
    assert.match(await on({ balancing: { quotas: { 'apple, ab': 3 } } }), /^The quotas/);
    assert.match(
      await on({ caps: { maxParticipants: 81 } }),
      /^81 participants use 4 conditions unequally; 80 or 84 would/,
    );
    assert.match(await on({ caps: { maxParticipants: 3 } }), /; 4 would use each equally often/);
    assert.equal(await on({ caps: { maxParticipants: null } }), '');
  });
});
