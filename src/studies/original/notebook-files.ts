/** The original's generated notebooks, or any others: which tasks they have, and which of them are the same. */
import { NoNotebook, type NotebookCell, notebookCells } from '../notebook-cells.js';
import { NotOriginal } from './editor.js';

export interface GivenFile {
  readonly name: string;
  readonly text: string;
}

/** A notebook: what one condition gets. */
export interface Variant {
  readonly file: string;
  /** The file name without what all have. */
  readonly label: string;
  readonly tasks: readonly NotebookTask[];
}

export interface NotebookTask {
  /** The same task has the same one in all notebooks. */
  readonly key: string;
  readonly cells: readonly NotebookCell[];
}

/** `schema`: the text of dbSchema.sql, whose order they then have. */
export function variantsOf(given: readonly GivenFile[], schema: string | undefined, notes: string[]): Variant[] {
  const files = schema === undefined ? given : bySchema(given, schema, notes);
  const variants = labelled(files.map(({ name, text }) => ({ file: name, tasks: tasksOf(name, text) })));
  assertSameTasks(variants);
  return variants;
}

function bySchema(given: readonly GivenFile[], schema: string, notes: string[]): GivenFile[] {
  const names = [...schema.matchAll(/VALUES\s*\(\s*\d+\s*,\s*\d+\s*,\s*'([^']*)'/gi)].map(([, name]) => name!);
  if (names.length === 0) throw new NotOriginal('the SQL file has no conditions: it is not a dbSchema.sql of the original');
  for (const name of names) if (!given.some((file) => file.name === name)) notes.push(`${name} is in dbSchema.sql and was not given; it is left out.`);
  const listed = names.flatMap((name) => given.filter((file) => file.name === name));
  for (const { name } of given) if (!names.includes(name)) notes.push(`${name} is not in dbSchema.sql; it comes last.`);
  return [...listed, ...given.filter(({ name }) => !names.includes(name))];
}

function tasksOf(name: string, text: string): NotebookTask[] {
  const cells = cellsOf(name, text);
  const groups = cells.every(({ tasknum }) => tasknum !== undefined) ? byNumber(cells) : byText(cells);
  const shorts = shortsOf(name, groups.length);
  return groups.map((group, place) => ({ key: shorts?.[place] ?? String(place), cells: group }));
}

function cellsOf(name: string, text: string): NotebookCell[] {
  try {
    const cells = notebookCells(text);
    if (cells.length > 0) return cells;
  } catch (error) {
    if (!(error instanceof NoNotebook)) throw error;
    throw new NotOriginal(`${name} is not a Jupyter notebook of format 4: ${error.message}`);
  }
  throw new NotOriginal(`${name} has no cells`);
}

/** As from 2022 on: each cell says which task it belongs to. */
function byNumber(cells: readonly NotebookCell[]): NotebookCell[][] {
  const numbers = [...new Set(cells.map(({ tasknum }) => tasknum))];
  return numbers.map((number) => cells.filter(({ tasknum }) => tasknum === number));
}

/** As before: an introduction, then text and code by turns. A text after code begins another task. */
function byText(cells: readonly NotebookCell[]): NotebookCell[][] {
  const groups: NotebookCell[][] = [];
  for (const [index, cell] of cells.entries()) {
    const before = cells[index - 1];
    const isIntroduction = index === 1 && before?.type === 'markdown' && cell.type === 'markdown';
    if (before === undefined || isIntroduction || (cell.type === 'markdown' && before.type === 'code')) groups.push([]);
    groups.at(-1)!.push(cell);
  }
  return groups;
}

/** `[0_231_f]` names the tasks in their order, a character each, where there are so many. Without fixed tasks, those stand around them. */
function shortsOf(name: string, count: number): string[] | undefined {
  const order = /_\[([^\]]+)\]\.ipynb$/.exec(name)?.[1]?.replaceAll('_', '');
  if (order === undefined || new Set(order).size < order.length) return undefined;
  if (order.length === count) return [...order];
  if (order.length === count - 1) return ['start', ...order];
  return order.length === count - 2 ? ['start', ...order, 'end'] : undefined;
}

/** What all names begin with, up to an underscore. */
export function prefixOf(names: readonly string[]): string {
  const [first = '', ...others] = names;
  if (others.length === 0) return first.replace(/\.ipynb$/, '');
  let length = 0;
  while (length < first.length && others.every((name) => name[length] === first[length])) length += 1;
  return first.slice(0, length).replace(/_[^_]*$/, '').replace(/\.ipynb$/, '');
}

function labelled(found: readonly Omit<Variant, 'label'>[]): Variant[] {
  const start = found.length > 1 ? prefixOf(found.map(({ file }) => file)).length : 0;
  return found.map((each) => ({ ...each, label: each.file.slice(start).replace(/\.ipynb$/, '').replace(/^_/, '') }));
}

/** All notebooks must have the same tasks, with cells of the same types. */
function assertSameTasks([first, ...others]: readonly Variant[]): void {
  const shape = ({ key, cells }: NotebookTask): string => `${key}: ${cells.map(({ type }) => type).join()}`;
  const shapes = first!.tasks.map(shape).sort().join('; ');
  for (const { file, tasks } of others) {
    if (tasks.map(shape).sort().join('; ') === shapes) continue;
    throw new NotOriginal(`${file} has other tasks than ${first!.file}, so they are not one study: import them by themselves`);
  }
}
