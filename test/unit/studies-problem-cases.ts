import type { RawStudy } from './studies-support.js';

const level = (name: string, extra: object = {}): object => ({ name, ...extra });

/** What is changed in the good study, and all that is to be said about it. */
export const cases: [title: string, change: (study: RawStudy) => unknown, expected: RegExp[]][] = [
  ['an id with capitals', (study) => (study.id = 'Fruit'), [/yaml id: expected 1 to 64 of a-z/]],
  ['a missing title', (study) => delete study.title, [/yaml title: is missing: expected a text$/]],
  [
    'an unknown language',
    (study) => (study.language = 'fr'),
    [/yaml language: expected one of en, de, not the text "fr"$/],
  ],
  [
    'a field that does not exist',
    (study) => (study.titel = 'x'),
    [/yaml titel: there is no field `titel` here; did you mean `title`\?$/],
  ],
  [
    'an unknown state',
    (study) => (study.state = 'running'),
    [/yaml state: expected one of draft, .*, not the text "running"$/],
  ],
  [
    'a cap of zero',
    (study) => (study.caps = { maxParticipants: 0 }),
    [/yaml caps.maxParticipants: expected a number greater than 0$/],
  ],
  ['no task', (study) => (study.tasks = []), [/yaml tasks: expected at least 1 item$/]],
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
  [
    'a field of a cell that does not exist',
    (study) => (study.tasks[2]!.cells = [{ code: 'slice.py', runable: false }]),
    [/tasks.2.cells.0.runable: there is no field `runable` here; did you mean `runnable`\?$/],
  ],
  [
    'a field that resembles none',
    (study) => (study.texts.welcome = 'x.md'),
    [/texts.welcome: .*; there are: intro, consent, howTo, refusals, consentPdf$/],
  ],
  ['a word that resembles another', (study) => (study.state = 'opne'), [/state: .*; did you mean open\?$/]],
  [
    'a text where a list belongs',
    (study) => (study.tasks = 'peel' as never),
    [/tasks: expected a list .*not the text "peel"/],
  ],
  ['an empty field', (study) => (study.title = null), [/title: expected a text, not nothing$/]],
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
  ['an unknown way in', (study) => (study.entry = { by: ['email'] }), [/entry.by.0: expected one of .*prolific/]],
  [
    'a field of entry that does not exist',
    (study) => (study.entry = { mobile: true }),
    [/yaml entry.mobile: there is no field `mobile` here; did you mean `mobiles`\?/],
  ],
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
      /exitSurvey.parameters: there is no field `parameters` here/,
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
