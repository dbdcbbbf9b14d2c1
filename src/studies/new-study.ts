/** A study that runs at once, to be changed into one's own: study.yaml with comments, and the texts that a real study needs. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { packageRoot } from '../platform/root.js';
import { schemaLine } from './published-schema.js';

export interface NewStudy {
  readonly id: string;
  readonly title: string;
  readonly language: 'en' | 'de';
  readonly tasks: number;
  /** The levels of the one factor; none: everybody gets the same. */
  readonly conditions: readonly string[];
  readonly entry: 'link' | 'invitation';
  /** An https address, or questions of the study's own. */
  readonly exitSurvey: string;
}

export const OWN_QUESTIONS = 'questions';

const words = {
  en: {
    ...{ duration: '20 minutes', welcome: 'Welcome', task: 'Example', closing: 'Thank you' },
    values: { contactName: '[name of the researcher]', contactInstitution: '[institution]', contactEmail: '[e-mail address]' },
    questions: [
      { id: 'years', kind: 'number', question: 'For how many years have you been programming?', min: 0, max: 80 },
      { id: 'difficulty', kind: 'likert', question: 'How hard were the tasks?', low: 'very easy', high: 'very hard' },
      { id: 'comments', kind: 'text', lines: 4, required: false, question: 'What else would you like to tell us?' },
    ],
  },
  de: {
    ...{ duration: '20 Minuten', welcome: 'Willkommen', task: 'Beispiel', closing: 'Vielen Dank' },
    values: { contactName: '[Name der Forscherin]', contactInstitution: '[Einrichtung]', contactEmail: '[E-Mail-Adresse]' },
    questions: [
      { id: 'years', kind: 'number', question: 'Seit wie vielen Jahren programmieren Sie?', min: 0, max: 80 },
      { id: 'difficulty', kind: 'likert', question: 'Wie schwer waren die Aufgaben?', low: 'sehr leicht', high: 'sehr schwer' },
      { id: 'comments', kind: 'text', lines: 4, required: false, question: 'Was möchten Sie uns noch sagen?' },
    ],
  },
};

/** All its files by their path. `schema`: where its study.yaml finds the schema. */
export async function filesOfNewStudy(study: NewStudy, schema: string): Promise<Record<string, string>> {
  const given = await readTexts(path.join(packageRoot, 'templates/new-study', study.language));
  const files: Record<string, string> = { 'study.yaml': studyYaml(study, schema) };
  for (const [file, text] of Object.entries(given)) {
    if (file.startsWith('texts/')) files[file] = text;
    else if (!file.startsWith('task/')) files[`tasks/${file}`] = text;
  }
  for (const task of taskIds(study)) {
    for (const file of ['task.md', 'starter.py', 'check.py']) files[`tasks/${task}/${file}`] = given[`task/${file}`]!;
    for (const level of study.conditions) files[`tasks/${task}/hints-${level}.md`] = given['task/hints.md']!;
  }
  return files;
}

async function readTexts(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const texts = paths.map(async (file) => [path.relative(folder, file), await readFile(file, 'utf8')] as const);
  return Object.fromEntries(await Promise.all(texts));
}

const taskIds = ({ tasks }: NewStudy): string[] => Array.from({ length: tasks }, (_, t) => `task-${t + 1}`);

function studyYaml(study: NewStudy, schema: string): string {
  const { id, title, language } = study;
  const { values, duration } = words[language];
  const sections: [comment: string, fields: object][] = [
    ['Part of the link, and the name of the study in all data. Keep it once people have taken part.', { id }],
    ['Shown to participants.', { title }],
    ['Of the buttons and labels of all pages: en or de.', { language }],
    ['Stand in the texts as %contactName% and so on. Write your own here before you invite anyone.', { values: { ...values, duration } }],
    ...conditionsOf(study),
    ['Markdown. Adapt the consent form to what your ethics board approved.', { texts: { intro: 'texts/intro.md', consent: 'texts/consent.md', howTo: 'texts/how-to.md' } }],
    entryOf(study),
    exitSurveyOf(study),
    ['At most so many participants, and so many a day from one network address; null is no limit.', { caps: { maxParticipants: 100, perAddressAndDay: 2 } }],
    ['What the notebook has, in this order. Cells are files: text in Markdown, code in Python.', { tasks: tasksOf(study) }],
  ];
  const body = sections.map(([comment, fields]) => `# ${comment}\n${stringify(fields, { lineWidth: 0 })}`);
  return [schemaLine(schema), ...body].join('\n');
}

function conditionsOf({ conditions }: NewStudy): [string, object][] {
  if (conditions.length === 0) return [];
  const comment = 'Each participant gets one of them. In texts and file names, %group% is its name: tasks/task-1/hints-%group%.md.';
  return [[comment, { conditions: { group: conditions } }]];
}

function entryOf({ entry }: NewStudy): [string, object] {
  if (entry === 'link') return ['Who may take part: whoever has the link.', { entry: { by: ['link'] } }];
  return ['Who may take part: `observatory tokens issue` makes links that are good for one person each.', { entry: { by: ['invitation'] } }];
}

function exitSurveyOf({ exitSurvey, language }: NewStudy): [string, object] {
  if (exitSurvey === OWN_QUESTIONS) return ['Asked at the end.', { exitSurvey: { questions: words[language].questions } }];
  return ['Where participants go at the end; it is told who comes: uid, tok and newtest=Y unless you name `parameters`.', { exitSurvey: { url: exitSurvey } }];
}

function tasksOf(study: NewStudy): object[] {
  const { welcome, task, closing } = words[study.language];
  const hints = (id: string): object[] => (study.conditions.length === 0 ? [] : [{ markdown: `tasks/${id}/hints-%group%.md` }]);
  return [
    { id: 'introduction', title: welcome, kind: 'introduction', cells: [{ markdown: 'tasks/welcome.md' }, { code: 'tasks/try-it.py' }] },
    ...taskIds(study).map((id, t) => ({
      ...{ id, title: `${task} ${t + 1}` },
      cells: [{ markdown: `tasks/${id}/task.md` }, ...hints(id), { code: `tasks/${id}/starter.py` }, { code: `tasks/${id}/check.py` }],
    })),
    { id: 'closing', title: closing, kind: 'closing', cells: [{ markdown: 'tasks/thanks.md' }] },
  ];
}
