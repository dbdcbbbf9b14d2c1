import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { packageRoot } from '../../src/platform/root.js';
import { readStudy } from '../../src/studies/read.js';
import { fits, type Screening, screeningSchema } from '../../src/studies/screening.js';
import { StudyError } from '../../src/studies/study-error.js';
import { fruitStudy, removeStudies, writeStudy } from './studies-support.js';

const questions = [
  { id: 'python', kind: 'choice', question: 'Do you write Python?', options: ['Yes', 'A little', 'No'] },
  { id: 'tools', kind: 'choice', several: true, question: 'With what?', options: ['vim', 'PyCharm', 'other'] },
  { id: 'years', kind: 'number', question: 'For how many years?', min: 0, max: 80 },
  { id: 'sure', kind: 'likert', question: 'How sure are you?', points: 5, low: 'not', high: 'very' },
  { id: 'why', kind: 'text', question: 'Why?' },
  { id: 'maybe', kind: 'number', question: 'Perhaps?', required: false },
];

async function problemsOf(accept: unknown): Promise<string[]> {
  const study = { ...fruitStudy(), screening: { questions, accept } };
  const read = readStudy(await writeStudy(study)).then(
    () => [],
    (error: unknown) => (error as StudyError).problems,
  );
  return (await read).map(({ line, path, message }) => {
    assert.ok(line !== undefined && line > 1, 'no line');
    return `${path}: ${message}`;
  });
}

describe('screening questions', () => {
  afterEach(removeStudies);

  it('are taken with what decides', async () => {
    const accept = { python: ['Yes', 'A little'], tools: ['vim'], years: { min: 1 }, sure: { min: 2, max: 4 } };
    assert.deepEqual(await problemsOf(accept), []);
  });

  const wrong: [unknown, RegExp][] = [
    [{}, /^screening\.accept: expected a question that decides$/],
    [{ pyton: ['Yes'] }, /^screening\.accept\.pyton: there is no question "pyton"$/],
    [{ python: ['Ja'] }, /^screening\.accept\.python: "python" has no option "Ja"$/],
    [{ python: { min: 1 } }, /"python" is a choice: expected a list of its options$/],
    [{ python: [] }, /^screening\.accept\.python: expected at least one option$/],
    [{ python: 'Yes' }, /^screening\.accept\.python: expected a list of options, or `min` and `max`$/],
    [{ years: ['1'] }, /"years" is a number: expected `min` and `max`$/],
    [{ years: {} }, /^screening\.accept\.years: expected `min`, `max` or both$/],
    [{ years: { min: 3, max: 2 } }, /^screening\.accept\.years: expected a `min` that is at most `max`$/],
    [{ years: { min: 81 } }, /no answer to "years" lies in this range$/],
    [{ sure: { max: 0 } }, /no answer to "sure" lies in this range$/],
    [{ why: ['because'] }, /"why" is a text: only choice, number and likert can decide$/],
    [{ maybe: { min: 1 } }, /^screening\.accept\.maybe: "maybe" decides, so it must be required$/],
  ];
  for (const [accept, message] of wrong) {
    it(`say what is wrong with ${JSON.stringify(accept)}`, async () => {
      const problems = await problemsOf(accept);
      assert.equal(problems.length, 1, problems.join('\n'));
      assert.match(problems[0]!, message);
    });
  }

  it('are as the documentation has them', async () => {
    const docs = await readFile(path.join(packageRoot, 'docs/researchers.md'), 'utf8');
    const example = /```yaml\n(screening:[^`]*)```/.exec(docs)![1]!;
    const study = await readStudy(await writeStudy({ ...fruitStudy(), ...(parse(example) as object) }));
    const answers = { python: 'A little', years: 2 };
    assert.equal(fits(study.screening!, answers), true);
    assert.equal(fits(study.screening!, { ...answers, years: 0 }), false);
    assert.equal(fits(study.screening!, { ...answers, python: 'No' }), false);
  });

  it('let in who fits in everything that decides, and nobody else', () => {
    const accept = {
      python: ['Yes', 'A little'],
      tools: ['vim', 'other'],
      years: { min: 1, max: 9.5 },
      sure: { max: 3 },
    };
    const screening: Screening = screeningSchema.parse({ questions, accept });
    const good = { python: 'A little', tools: ['PyCharm', 'vim'], years: 9.5, sure: 3, why: 'x' };
    assert.equal(fits(screening, good), true);
    assert.equal(fits(screening, { ...good, years: 1, sure: 1 }), true);
    for (const other of [{ python: 'No' }, { tools: ['PyCharm'] }, { years: 0.9 }, { years: 9.6 }, { sure: 4 }]) {
      assert.equal(fits(screening, { ...good, ...other }), false, JSON.stringify(other));
    }
    assert.equal(fits(screening, {}), false);
  });
});
