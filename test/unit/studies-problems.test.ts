import assert from 'node:assert/strict';
import { symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { readStudy } from '../../src/studies/read.js';
import { StudyError } from '../../src/studies/study-error.js';
import { fruitFiles, fruitStudy, removeStudies, writeStudy, type RawStudy } from './studies-support.js';

async function problemsOf(folder: string): Promise<string[]> {
  const error = await readStudy(folder).then(
    () => assert.fail('the study was accepted'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof StudyError, String(error));
  for (const { message } of error.problems) assert.ok(error.message.includes(message));
  return error.problems.map(({ file, path: where, message }) => `${file} ${where}: ${message}`);
}

const level = (name: string, extra: object = {}): object => ({ name, ...extra });

/** What is changed in the good study, and all that is to be said about it. */
const cases: [title: string, change: (study: RawStudy) => unknown, expected: RegExp[]][] = [
  ['an id with capitals', (study) => (study.id = 'Fruit'), [/yaml id: expected 1 to 64 of a-z/]],
  ['a missing title', (study) => delete study.title, [/yaml title: .*expected string/]],
  ['an unknown language', (study) => (study.language = 'fr'), [/yaml language: .*"en"\|"de"/]],
  ['a field that does not exist', (study) => (study.titel = 'x'), [/yaml : .*"titel"/]],
  ['an unknown state', (study) => (study.state = 'running'), [/yaml state: .*"draft"/]],
  ['a cap of zero', (study) => (study.caps = { maxParticipants: 0 }), [/yaml caps.maxParticipants: .*>0/]],
  ['no task', (study) => (study.tasks = []), [/yaml tasks: .*>=1/]],
  ['a missing file', (study) => (study.texts.intro = 'no.md'), [/yaml texts.intro: there is no file "no.md"/]],
  ['a path upwards', (study) => (study.texts.intro = '../x.md'), [/texts.intro: "..\/x.md" is not a path inside/]],
  ['an absolute path', (study) => (study.texts.intro = '/etc/passwd'), [/texts.intro: "\/etc\/passwd" is not a path/]],
  ['a folder', (study) => (study.texts.intro = 'sub'), [/texts.intro: "sub" is not a file/]],
  [
    'a file of one level missing',
    (study) => (study.tasks[2]!.cells = [{ code: 's-%fruit%.py' }]),
    [/s-apple/, /s-orange/],
  ],
  [
    'a level whose value leads out',
    (study) => (study.conditions.fruit = [level('../apple'), level('orange')]),
    [/tasks.1.cells.1.code: "peel-..\/apple.py" is not a path inside|there is no file "peel-..\/apple.py"/],
  ],
  [
    'a repeated task id',
    (study) => Object.assign(study.tasks[3]!, { id: 'peel', cells: [{ id: 'bye', markdown: 'bye.md' }] }),
    [/tasks.3.id: the task id "peel" is used twice/],
  ],
  [
    'a repeated cell id',
    (study) => (study.tasks[2]!.cells = [{ id: 'peel-1', code: 'slice.py' }]),
    [/tasks.2.cells.0.id: the cell id "peel-1" is used twice/],
  ],
  [
    'an introduction in the middle',
    (study) => study.tasks.reverse(),
    [/only be the last task/, /only be the first task/],
  ],
  [
    'a cell that is neither',
    (study) => (study.tasks[0]!.cells = [{ picture: 'x' }]),
    [/tasks.0.cells.0: expected a cell/],
  ],
  ['a key of a task', (study) => (study.values = { task1: 'x' }), [/values.task1: .*kept for the tasks/]],
  ['an empty key', (study) => (study.values = { '': 'x' }), [/values.: .*expected a key/]],
  ['a repeated level', (study) => (study.conditions.x = ['a', 'a']), [/conditions.x.1.name: two levels of "x"/]],
  [
    'a value defined twice',
    (study) => (study.values = { tool: 'x', contact: 'y' }),
    [/%tool% is defined by the levels of "fruit"/],
  ],
  [
    'a value that one level lacks',
    (study) => (study.conditions.x = [level('a', { values: { k: 'v' } }), 'b']),
    [/conditions.x.1.values: %k% has no value in level "b"/],
  ],
  [
    'an order of unknown tasks',
    (study) => (study.conditions.first = [level('a', { order: ['peel', 'bye'] })]),
    [/conditions.first.0.order: level "a": there is no task "bye" of kind task/],
  ],
  [
    'an order that forgets a task',
    (study) => (study.conditions.first = [level('a', { order: ['peel', 'slice'] }), level('b')]),
    [/level "b": the task "peel" is missing/, /level "b": the task "slice" is missing/],
  ],
  [
    'two factors that order the same task',
    (study) => (study.conditions.second = study.conditions.first),
    [/"second" and "first" both order the task "peel"/, /both order the task "slice"/],
  ],
  [
    'too many conditions',
    (study) =>
      (study.conditions = Object.fromEntries(
        ['a', 'b', 'c', 'd'].map((key) => [key, [...'123456'].map((n) => key + n)]),
      )),
    [/conditions: the factors make 1296 conditions, at most 1000/],
  ],
  ['no end', (study) => delete (study as Partial<RawStudy>).exitSurvey, [/exitSurvey: expected an exit survey, or/]],
  ['an unknown way in', (study) => (study.entry = { by: ['email'] }), [/entry.by.0: .*"prolific"/]],
  ['a field of entry that does not exist', (study) => (study.entry = { mobile: true }), [/yaml entry: .*"mobile"/]],
  [
    'a token service without its address',
    (study) => (study.entry = { by: ['token-service'] }),
    [/entry.tokenService: .*need each other/],
  ],
  [
    'the address of a token service without its end',
    (study) => (study.entry = { by: ['token-service'], tokenService: { check: 'https://x.org/check' } }),
    [/entry.tokenService.check: expected an address that ends with \//],
  ],
  [
    'a time without its zone',
    (study) => (study.entry = { opens: '2026-12-01T09:00:00' }),
    [/entry.opens: expected a moment with its time zone/],
  ],
  [
    'a study that closes before it opens',
    (study) => (study.entry = { opens: '2026-12-02T09:00:00Z', closes: '2026-12-02T09:00:00+01:00' }),
    [/entry.closes: expected a moment after/],
  ],
  [
    'a way back without https, and one with an unknown placeholder',
    (study) =>
      (study.entry = {
        returnTo: { completed: 'http://x.org', noConsent: { url: '/x', parameters: { a: '%recruitment.email%' } } },
      }),
    [/entry.returnTo.completed: /, /entry.returnTo.noConsent.*%recruitment.email% is unknown here; of/],
  ],
  ['a survey without https', (study) => (study.exitSurvey.url = 'http://x.org'), [/exitSurvey.url: expected an https/]],
  ['a survey that only looks like a path', (study) => (study.exitSurvey.url = '//evil.org'), [/exitSurvey.url/]],
  ['the same with a backslash', (study) => (study.exitSurvey.url = '/\\evil.org'), [/exitSurvey.url/]],
  ['and with dots', (study) => (study.exitSurvey.url = '/.//evil.org'), [/exitSurvey.url/]],
  ['a survey in JavaScript', (study) => (study.exitSurvey.url = 'javascript:alert(1)'), [/exitSurvey.url/]],
  [
    'a survey here and elsewhere',
    (study) => (study.exitSurvey.questions = [{ id: 'a', kind: 'text', question: 'Why?' }]),
    [/exitSurvey: expected either `url` or `questions`, not both/],
  ],
  [
    'a survey that is neither here nor elsewhere',
    (study) => (study.exitSurvey = { thanks: 'Thanks' }),
    [/exitSurvey: expected `url: <address>` or `questions: \[<question>, …\]`/],
  ],
  [
    'questions of a survey',
    (study) =>
      (study.exitSurvey = {
        parameters: {},
        questions: [
          { id: 'a', kind: 'choice', question: 'Which?', options: ['x', 'y', ' x'] },
          { id: 'a', kind: 'matrix', question: 'How?', rows: ['r', 'r'], options: ['x', 'y'] },
          { id: 'b', kind: 'likert', question: 'How?', low: 'low' },
        ],
      }),
    [
      /exitSurvey.questions.0.options.2: "x" is there twice/,
      /exitSurvey.questions.1.rows.1: "r" is there twice/,
      /exitSurvey.questions.2.high/,
      /exitSurvey: Unrecognized key: "parameters"/,
    ],
  ],
  [
    'two questions of one name',
    (study) =>
      (study.exitSurvey = {
        questions: ['a', 'a'].map((id) => ({ id, kind: 'text', question: 'Why?' })),
      }),
    [/exitSurvey.questions.1.id: the question id "a" is used twice/],
  ],
  [
    'an unknown survey parameter',
    (study) => (study.exitSurvey.parameters = { uid: '%user%' }),
    [/exitSurvey.parameters.uid: %user% is unknown here; known are %participant%/],
  ],
];

describe('reading a bad study', () => {
  afterEach(removeStudies);

  for (const [title, change, expected] of cases) {
    it(`says what is wrong about ${title}`, async () => {
      const study = fruitStudy();
      change(study);
      const problems = await problemsOf(await writeStudy(study, { ...fruitFiles, 'sub/x.md': 'x' }));
      assert.equal(problems.length, expected.length, problems.join('\n'));
      for (const [index, pattern] of expected.entries()) assert.match(problems[index]!, pattern);
    });
  }

  it('says all at once, with the lines: wrong fields, wrong references and missing files', async () => {
    const study = fruitStudy();
    study.language = 'fr';
    study.tasks[3] = { ...study.tasks[3], id: 'peel', cells: [{ id: 'bye', markdown: 'bye.md' }] };
    study.texts.howTo = 'gone.md';
    const folder = await writeStudy(study);
    await assert.rejects(readStudy(folder), (error: Error) => {
      const lines = error.message.split('\n');
      assert.equal(lines[0], `The study in ${folder} has 3 problems:`);
      assert.match(lines[1]!, /^- study\.yaml:3 language: /);
      assert.match(lines[2]!, /^- study\.yaml:\d+ tasks\.3\.id: the task id "peel" is used twice$/);
      assert.match(lines[3]!, /^- study\.yaml:\d+ texts\.howTo: there is no file "gone\.md"$/);
      return true;
    });
  });

  it('says so when there is no study, or no YAML in it', async () => {
    assert.deepEqual(await problemsOf(path.join(await writeStudy(fruitStudy()), 'missing')), [
      'study.yaml : there is no file "study.yaml"',
    ]);
    assert.match((await problemsOf(await writeStudy('id: [a\ntitle: "b')))[0]!, /^study\.yaml : /);
    assert.match((await problemsOf(await writeStudy('id: a\nid: b\n')))[0]!, /unique/);
    assert.match((await problemsOf(await writeStudy('just a sentence')))[0]!, /expected object/);
  });

  it('refuses a link out of the folder, a file that is no text, and one that is too long', async () => {
    const folder = await writeStudy(fruitStudy(), {
      ...fruitFiles,
      'consent.md': Buffer.from([0xff, 0xfe, 0]),
      'how-to.md': 'x'.repeat(200_001),
    });
    const other = await writeStudy(fruitStudy());
    await writeFile(path.join(other, 'secret.md'), 'secret');
    const linked = fruitStudy();
    linked.texts.intro = 'link.md';
    await symlink(path.join(other, 'secret.md'), path.join(folder, 'link.md'));
    await writeFile(path.join(folder, 'study.yaml'), stringify(linked));
    assert.deepEqual(await problemsOf(folder), [
      'study.yaml texts.intro: "link.md" leads out of the study folder',
      'study.yaml texts.consent: "consent.md" is not a text file in UTF-8',
      'study.yaml texts.howTo: "how-to.md" is too long: at most 200000 characters',
    ]);
  });

  it('refuses a consent form that is no PDF, or is too large, missing or elsewhere', async () => {
    const problems = async (consentPdf: unknown): Promise<string[]> => {
      const study = fruitStudy();
      study.texts = { ...study.texts, consentPdf };
      const large = Buffer.alloc(2 * 1024 * 1024 + 1, '%PDF-1.7');
      return problemsOf(await writeStudy(study, { ...fruitFiles, 'page.pdf': '<script>', 'large.pdf': large }));
    };
    for (const [file, message] of [
      ['page.pdf', '"page.pdf" is not a PDF: it does not begin with %PDF-'],
      ['large.pdf', '"large.pdf" is too large: at most 2 MB'],
      ['none.pdf', 'there is no file "none.pdf"'],
      ['../form.pdf', '"../form.pdf" is not a path inside the study folder'],
    ]) {
      assert.deepEqual(await problems(file), [`study.yaml texts.consentPdf: ${message}`]);
    }
  });

  it('gives problems and never crashes, whatever stands in one field', async () => {
    const folder = await writeStudy(fruitStudy());
    const fields = ['id', 'title', 'values', 'conditions', 'texts', 'consentBoxes', 'exitSurvey', 'caps', 'tasks'];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...fields), fc.jsonValue(), async (field, value) => {
        await writeFile(path.join(folder, 'study.yaml'), stringify({ ...fruitStudy(), [field]: value }));
        const outcome = await readStudy(folder).catch((error: unknown) => error);
        assert.ok(outcome instanceof StudyError || !(outcome instanceof Error), String(outcome));
      }),
      { numRuns: 150 },
    );
  });
});
