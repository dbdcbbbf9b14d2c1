/** From the original's editor to a study folder: the same tasks, conditions and orders, under the same numbers. */
import { stringify } from 'yaml';
import type { EditorCondition, EditorData, EditorTask, EditorTemplate } from './editor.js';
import { generatedFiles, hashOf, squareOf } from './generate.js';
import { idsFor } from './ids.js';
import { levelsOf, type Levels } from './levels.js';
import { startingStudy, startingTexts } from './starting-texts.js';

export interface StudyFolder {
  readonly id: string;
  /** Texts by path. */
  readonly files: ReadonlyMap<string, string>;
  /** What is not as it was, for people. */
  readonly notes: readonly string[];
}

/** Which of the original's condition numbers is which of ours. */
export const NUMBERS_FILE = 'original-conditions.csv';

export function studyFolder(data: EditorData, template: EditorTemplate): StudyFolder {
  const notes: string[] = [];
  const tasks = placedTasks(template, notes);
  const levels = levelsOf(data.conditions, textsOf(template), notes);
  const files = new Map<string, string>(Object.entries(startingTexts));
  const [id] = idsFor([template.name], 'study');
  const study = {
    ...startingStudy(id!, template.name),
    ...(levels.factor === undefined ? {} : { conditions: { [levels.factor]: levels.levels } }),
    orderings: orderingsOf(template, tasks, notes),
    tasks: tasks.map((task) => taskOf(task, levels, files)),
  };
  files.set('study.yaml', `# Imported from the original's study editor.\n${stringify(study, { lineWidth: 0 })}`);
  files.set(NUMBERS_FILE, numbersFile(data, template, notes));
  return { id: id!, files, notes };
}

interface PlacedTask {
  readonly task: EditorTask;
  readonly id: string;
  readonly kind: 'introduction' | 'task' | 'closing';
  readonly short: string | undefined;
  readonly option: number;
}

/** A task that comes twice is two: answers are told apart by their task. */
function placedTasks({ name, options }: EditorTemplate, notes: string[]): PlacedTask[] {
  const placed = options.flatMap(({ tasks }, option) => tasks.map((task) => ({ task, option })));
  const ids = idsFor(
    placed.map(({ task }) => task.name),
    'task',
  );
  return placed.map(({ task, option }, index) => {
    if (placed.findIndex((other) => other.task === task) < index) {
      notes.push(`Template "${name}" has the task "${task.name}" twice: its second one is "${ids[index]}".`);
    }
    const isFixed = !options[option]!.random;
    const isLast = isFixed && index > 0 && index === placed.length - 1;
    const hasCode = task.cells.some(({ type }) => type === 'code');
    return {
      ...{ task, option, id: ids[index]! },
      // The original's page began with the first task as introduction, and had only the exit on the last.
      kind: isFixed && index === 0 ? 'introduction' : isLast && !hasCode ? 'closing' : 'task',
      short: shortOf(task, options[option]!.tasks, notes),
    };
  });
}

function shortOf({ name, short }: EditorTask, together: readonly EditorTask[], notes: string[]): string | undefined {
  if (short.trim() === '') return undefined;
  if (together.filter((other) => other.short.trim() === short.trim()).length === 1) return short.trim();
  notes.push(`The short "${short}" of the task "${name}" is that of another one too; its orders are called by its id.`);
  return undefined;
}

function orderingsOf(template: EditorTemplate, placed: readonly PlacedTask[], notes: string[]): unknown[] {
  return template.options.map(({ random, tasks }, option) => {
    const ids = placed.filter((task) => task.option === option).map(({ id }) => id);
    if (!random) return ids[0];
    if (squareOf(tasks) === 'cyclic') {
      notes.push(`Of the ${tasks.length} tasks ${ids.join(', ')} the original left out all but five; here all have a cyclic square.`);
    }
    return { kind: 'latin', square: squareOf(tasks), tasks: ids };
  });
}

function taskOf({ task, id, kind, short }: PlacedTask, levels: Levels, files: Map<string, string>): object {
  const names = idsFor(
    task.cells.map(({ name }) => name),
    'cell',
  );
  const cells = task.cells.map((cell, index) => {
    const isCode = cell.type === 'code';
    const file = `tasks/${id}/${names[index]}.${isCode ? 'py' : 'md'}`;
    files.set(file, `${levels.renamed(cell.source.replaceAll('\r\n', '\n'))}\n`);
    return isCode ? { code: file, ...(task.runnable ? {} : { runnable: false }) } : { markdown: file };
  });
  return {
    ...{ id, title: task.name.trim() || id },
    ...(short === undefined ? {} : { short }),
    // The original put nothing for a missing one, and we would leave the placeholder.
    description: levels.renamed(task.description),
    ...(kind === 'task' ? {} : { kind }),
    cells,
  };
}

const textsOf = ({ options }: EditorTemplate): string[] =>
  options.flatMap(({ tasks }) => tasks.flatMap(({ description, cells }) => [description, ...cells.map(({ source }) => source)]));

/** Numbers of the original change when it generates; these are those of its database, or what it would give first. */
function numbersFile({ conditions, files, templates }: EditorData, template: EditorTemplate, notes: string[]): string {
  const known = new Map(files.map(({ name }, number) => [name, number]));
  const generated = [true, false].map((includeFixed) => namesOf(template, conditions, includeFixed));
  const names = generated.find((some) => some.every((name) => known.has(name))) ?? generated[0]!;
  const own = names.every((name) => known.has(name));
  if (!own && (files.length > 0 || templates.length > 1)) {
    notes.push(`${NUMBERS_FILE}: the editor has not generated these files of "${template.name}"; the numbers are those of a first time.`);
  }
  const rows = names.map((name, index) => [index + 1, template.id, own ? known.get(name)! : index, `"${name}"`, hashOf(name)]);
  return ['number,category,condition,filename,hash', ...rows.map((row) => row.join())].join('\n').concat('\n');
}

function namesOf(template: EditorTemplate, conditions: readonly EditorCondition[], includeFixed: boolean): string[] {
  return generatedFiles(template, { conditions, includeFixed, kernel: 'python2', numbered: false }).map(({ name }) => name);
}
