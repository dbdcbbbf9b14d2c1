import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { ID_PATTERN } from '../studies/document.js';
import { filesOfNewStudy, type NewStudy, OWN_QUESTIONS } from '../studies/new-study.js';
import { publishedSchema, SCHEMA_FILE } from '../studies/published-schema.js';
import { readStudy } from '../studies/read.js';
import { StudyCommandError } from './study-command-error.js';
import { askAll, type Question } from './questions.js';

type Answers = Record<'name' | 'title' | 'language' | 'tasks' | 'conditions' | 'entry' | 'exitSurvey', string>;

/** `study new [folder]`. */
export function addStudyNew(study: Command): void {
  study
    .command('new [folder]')
    .description('make a study that runs at once, to be changed into your own; asks some questions')
    .option('--name <name>', 'part of its link: a-z, 0-9 and -')
    .option('--title <title>', 'what participants see')
    .option('--language <language>', 'en or de')
    .option('--tasks <n>', 'how many tasks, 1 to 20')
    .option('--conditions <names>', 'two names with a comma between, or none')
    .option('--entry <by>', 'link or invitation')
    .option('--exit-survey <survey>', 'questions, or the https address of your survey')
    .option('--yes', 'ask nothing: what is not said here is as proposed')
    .action(newStudy);
}

async function newStudy(
  folder: string | undefined,
  { yes, ...given }: Partial<Answers> & { yes?: boolean },
): Promise<void> {
  if (folder !== undefined) await refuseFull(folder);
  const silent = yes === true || !process.stdin.isTTY;
  const answers = await askAll<Answers>(questions(folder), given, silent);
  const target = folder ?? path.join(existsSync('studies') ? 'studies' : '.', answers.name);
  await refuseFull(target);
  const shared = existsSync(path.join(target, '..', SCHEMA_FILE));
  const files = await filesOfNewStudy(toStudy(answers), shared ? `../${SCHEMA_FILE}` : SCHEMA_FILE);
  await writeAll(target, shared ? files : { ...files, [SCHEMA_FILE]: publishedSchema() });
  // It would be a defect of ours, and whoever asked should hear it now.
  const { id } = await readStudy(target);
  // From a clone it is called by npm.
  const observatory = process.env.npm_lifecycle_event === 'observatory' ? 'npm run observatory --' : 'observatory';
  console.log(`
The study ${id} is in ${target}: ${Object.keys(files).length} files, to begin with study.yaml.

  ${observatory} study check ${target}     what is wrong with it, and what is still to be filled in
  npm run demo -- --study ${target}     take part in it on this machine, from a clone of the Observatory`);
}

const number = (text: string): boolean => /^\d{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= 20;
const isAddress = (text: string): boolean => text.startsWith('https://') && URL.canParse(text);
const isNone = (text: string): boolean => text === '' || text === 'none';
const isPair = (text: string): boolean => {
  const names = namesIn(text);
  return names.length === 2 && names[0] !== names[1] && names.every((name) => ID_PATTERN.test(name));
};
const namesIn = (text: string): string[] => (isNone(text) ? [] : text.split(',').map((name) => name.trim()));
const named = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64);

function questions(folder: string | undefined): Question<Answers>[] {
  const name = folder === undefined ? '' : named(path.basename(path.resolve(folder)));
  return [
    {
      ...{ id: 'name', ask: 'A short name, part of its link', proposed: name || 'my-study' },
      ...{ accepts: (text) => ID_PATTERN.test(text), expected: 'small letters, digits and -' },
    },
    {
      ...{ id: 'title', ask: 'Its title, which participants see', proposed: ({ name: id }) => titleOf(id) },
      ...{ accepts: (text) => text.length > 0 && text.length <= 300, expected: 'a title' },
    },
    {
      id: 'language',
      ask: 'Its language, en or de',
      proposed: 'en',
      accepts: (text) => ['en', 'de'].includes(text),
      expected: 'en or de',
    },
    { id: 'tasks', ask: 'How many tasks', proposed: '2', accepts: number, expected: 'a number from 1 to 20' },
    {
      ...{
        id: 'conditions',
        ask: 'Two conditions to compare, such as `with-help, without-help`, or none',
        proposed: 'none',
      },
      ...{
        accepts: (text) => isNone(text) || isPair(text),
        expected: 'none, or two names of small letters, digits and - with a comma between',
      },
    },
    {
      ...{ id: 'entry', ask: 'Who may take part: whoever has the link, or invitation', proposed: 'link' },
      ...{ accepts: (text) => ['link', 'invitation'].includes(text), expected: 'link or invitation' },
    },
    {
      ...{
        id: 'exitSurvey',
        ask: 'At the end: questions of your own here, or the https address of your survey',
        proposed: OWN_QUESTIONS,
      },
      ...{
        accepts: (text) => text === OWN_QUESTIONS || isAddress(text),
        expected: 'questions, or an address that begins with https://',
      },
    },
  ];
}

const titleOf = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1).replaceAll('-', ' ');

function toStudy({ name, title, language, tasks, conditions, entry, exitSurvey }: Answers): NewStudy {
  return {
    ...{ id: name, title, language: language as NewStudy['language'], tasks: Number(tasks) },
    ...{ conditions: namesIn(conditions), entry: entry as NewStudy['entry'], exitSurvey },
  };
}

async function refuseFull(folder: string): Promise<void> {
  const present = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new StudyCommandError(error.code === 'ENOTDIR' ? `${folder} is a file.` : error.message);
  });
  if (present.length > 0)
    throw new StudyCommandError(`${folder} is not empty, and nothing is overwritten. Name another folder.`);
}

async function writeAll(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [file, text] of Object.entries(files)) {
    const target = path.join(folder, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, text, { flag: 'wx' });
  }
}
