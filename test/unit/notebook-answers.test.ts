/** What the page takes for an answer is what the server takes. */
import assert from 'node:assert/strict';
import { readAnswers } from '../../notebook/answers.js';
import { answersSchema, questionsSchema } from '../../src/studies/questions.js';

const questions = questionsSchema.parse([
  { id: 'why', kind: 'text', question: 'Why?', lines: 3 },
  { id: 'minutes', kind: 'number', question: 'How long?', min: 0, max: 60 },
  { id: 'cause', kind: 'choice', question: 'Cause?', options: ['time', 'task'] },
  { id: 'tried', kind: 'choice', several: true, question: 'Tried?', options: ['reading', 'guessing', 'asking'] },
  { id: 'hard', kind: 'likert', question: 'Hard?', low: 'easy', high: 'hard' },
  { id: 'helped', kind: 'matrix', question: 'Helped?', rows: ['text', 'editor'], options: ['no', 'yes'] },
]);
const optional = questions.map((question) => ({ ...question, required: false }));

const complete: readonly (readonly [string, string])[] = [
  ['why', '  it was unclear\n'],
  ['minutes', '7,5'],
  ['cause', '1'],
  ['tried', '0'],
  ['tried', '2'],
  ['hard', '5'],
  ['helped:0', '1'],
  ['helped:1', '0'],
];

function form(entries: readonly (readonly [string, string])[]): FormData {
  const data = new FormData();
  for (const [name, value] of entries) data.append(name, value);
  return data;
}

describe('answers in the page', () => {
  it('are read as the server wants them', () => {
    const { answers, problems } = readAnswers(questions, form(complete));
    assert.deepEqual([...problems], []);
    assert.deepEqual(answers, {
      why: 'it was unclear',
      minutes: 7.5,
      cause: 'task',
      tried: ['reading', 'asking'],
      hard: 5,
      helped: { text: 'yes', editor: 'no' },
    });
    assert.deepEqual(answersSchema(questions).parse(answers), answers);
  });

  it('are all asked for where nothing is filled in', () => {
    const { answers, problems } = readAnswers(questions, form([['why', ' \n ']]));
    assert.deepEqual(answers, {});
    assert.deepEqual(
      [...problems],
      questions.map(({ id }) => [id, 'required']),
    );
  });

  it('may be missing where the study does not require them, and the server agrees', () => {
    const { answers, problems } = readAnswers(optional, form([['why', '']]));
    assert.deepEqual([answers, problems.size], [{}, 0]);
    assert.deepEqual(answersSchema(optional).parse(answers), {});
  });

  const wrong: readonly [string, string, string, string][] = [
    ['a word for a number', 'minutes', 'seven', 'number'],
    ['too small a number', 'minutes', '-1', 'range'],
    ['too large a number', 'minutes', '60.5', 'range'],
    ['infinity', 'minutes', 'Infinity', 'number'],
    ['half a matrix', 'helped:1', '', 'rows'],
  ];
  for (const [what, field, value, problem] of wrong) {
    it(`refuse ${what}, also where the question is optional`, () => {
      const changed = complete.filter(([name]) => name !== field);
      const entries = value === '' ? changed : [...changed, [field, value] as const];
      for (const asked of [questions, optional]) {
        const { answers, problems } = readAnswers(asked, form(entries));
        assert.deepEqual([...problems], [[field.split(':')[0], problem]]);
        assert.equal(Object.keys(answers).length, asked.length - 1);
      }
    });
  }
});
