/** `study import-original` and `study generate-original`: from the original Developer Observatory's study editor. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { type EditorData, NotOriginal } from '../studies/original/editor.js';
import { readEditorDatabase } from '../studies/original/editor-database.js';
import { dbSchema, generatedFiles } from '../studies/original/generate.js';
import { type StudyFolder, studyFolder } from '../studies/original/study-folder.js';
import { readStudy } from '../studies/read.js';

export function addOriginal(study: Command): void {
  study
    .command('import-original <database>')
    .description(
      "make a study of what the original's study editor has in its SQLite file (tmp/db.sqlite); of several templates, one each",
    )
    .requiredOption('--out <folder>', 'where to; of several templates, a folder each in it')
    .action(importOriginal);
  study
    .command('generate-original <database>')
    .description("make the notebooks and the dbSchema.sql that the original's study editor makes of its SQLite file")
    .requiredOption('--out <folder>', 'where to')
    .option('--without-fixed', 'leave fixed tasks out of the file names')
    .option('--prefix <name>', 'of the file names; the name of the template if missing')
    .option('--kernel <name>', 'python2 or python3', 'python3')
    .option('--plain', 'without tasknum, runnable and task_count in the metadata, as the first versions had it')
    .action(generateOriginal);
}

async function read(file: string): Promise<EditorData> {
  const content = await readFile(file).catch((error: Error) => {
    throw new NotOriginal(`${file} cannot be read: ${error.message}`);
  });
  const data = await readEditorDatabase(content);
  if (data.templates.every(({ options }) => options.length === 0))
    throw new NotOriginal(`${file} has no notebook template with tasks`);
  return data;
}

async function importOriginal(file: string, { out }: { out: string }): Promise<void> {
  const data = await read(file);
  for (const note of data.notes) console.log(`Note: ${note}`);
  const templates = data.templates.filter(({ options }) => options.length > 0);
  for (const template of templates) {
    const made = studyFolder(data, template);
    await writeAndCheck(templates.length === 1 ? out : path.join(out, made.id), made);
  }
}

async function writeAndCheck(folder: string, { id, files, notes }: StudyFolder): Promise<void> {
  await writeNew(folder, files);
  for (const note of notes) console.log(`Note: ${note}`);
  const { conditions } = await readStudy(folder);
  console.log(`Study ${id} with ${conditions.length} conditions is in ${folder}. Write its texts, then publish it.`);
}

interface Generate {
  readonly out: string;
  readonly withoutFixed?: true;
  readonly prefix?: string;
  readonly kernel: string;
  readonly plain?: true;
}

async function generateOriginal(file: string, { out, withoutFixed, prefix, kernel, plain }: Generate): Promise<void> {
  if (kernel !== 'python2' && kernel !== 'python3') throw new NotOriginal('--kernel is python2 or python3');
  const { templates, conditions, notes } = await read(file);
  const options = { prefix, conditions, kernel, includeFixed: !withoutFixed, numbered: !plain } as const;
  const categories = templates.map((template) => ({ id: template.id, files: generatedFiles(template, options) }));
  const names = categories.flatMap((category) => category.files.map(({ name }) => name));
  if (new Set(names).size < names.length) throw new NotOriginal('files of two templates would have the same name');
  const files = new Map(categories.flatMap((category) => category.files.map(({ name, text }) => [name, text])));
  await writeNew(out, files.set('dbSchema.sql', dbSchema(categories)));
  for (const note of notes) console.log(`Note: ${note}`);
  console.log(`${files.size - 1} notebooks and dbSchema.sql are in ${out}.`);
}

/** Nothing that is there already is written over. */
async function writeNew(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0) throw new NotOriginal(`${folder} is not empty`);
  for (const [name, text] of files) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
}
