/** `study import-original` and `study generate-original`: from the original Developer Observatory's study editor. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { type EditorData, NotOriginal } from '../studies/original/editor.js';
import { readEditorDatabase } from '../studies/original/editor-database.js';
import { dbSchema, generatedFiles } from '../studies/original/generate.js';
import { notebookStudy } from '../studies/original/notebook-study.js';
import { type StudyFolder, studyFolder } from '../studies/original/study-folder.js';
import { readStudy } from '../studies/read.js';

export function addOriginal(study: Command): void {
  study
    .command('import-original <files...>')
    .description(
      "make a study of the SQLite file of the original's study editor (tmp/db.sqlite), or of Jupyter notebooks: one, or those that " +
        'the original generated, with their dbSchema.sql',
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

function content(file: string): Promise<Buffer> {
  return readFile(file).catch((error: Error) => {
    throw new NotOriginal(`${file} cannot be read: ${error.message}`);
  });
}

async function read(file: string): Promise<EditorData> {
  const data = await readEditorDatabase(await content(file));
  if (data.templates.every(({ options }) => options.length === 0))
    throw new NotOriginal(`${file} has no notebook template with tasks`);
  return data;
}

async function importOriginal(files: readonly string[], { out }: { out: string }): Promise<void> {
  const [notebooks, others] = [files.filter(isNotebook), files.filter((file) => !isNotebook(file))];
  if (notebooks.length > 0) await importNotebooks(notebooks, others, out);
  else if (files.length === 1) await importDatabase(files[0]!, out);
  else throw new NotOriginal('expected one database, or notebooks (.ipynb) and at most one dbSchema.sql');
}

const isNotebook = (file: string): boolean => file.endsWith('.ipynb');

async function importNotebooks(
  notebooks: readonly string[],
  [schema, ...others]: readonly string[],
  out: string,
): Promise<void> {
  if (others.length > 0) throw new NotOriginal('beside notebooks (.ipynb) expected at most one dbSchema.sql');
  const text = async (file: string): Promise<string> => (await content(file)).toString();
  const given = await Promise.all(
    notebooks.map(async (file) => ({ name: path.basename(file), text: await text(file) })),
  );
  await writeAndCheck(out, notebookStudy(given, schema === undefined ? undefined : await text(schema)));
}

async function importDatabase(file: string, out: string): Promise<void> {
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
