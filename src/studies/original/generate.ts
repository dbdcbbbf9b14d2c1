/** The files that the original's editor generates, under the same names and with the same contents, its defects mended. */
import { createHash } from 'node:crypto';
import { countRows, orderingRows } from '../orderings/rows.js';
import { MAX_ORIGINAL } from '../orderings/squares.js';
import type { Ordering } from '../orderings/ordering.js';
import {
  type EditorCell,
  type EditorCondition,
  type EditorTask,
  type EditorTemplate,
  NotOriginal,
  type OrderOption,
} from './editor.js';
import { pythonJson, PythonFloat } from './python-json.js';

export interface GenerateOptions {
  /** Of the file names; the template's name if missing. */
  readonly prefix?: string | undefined;
  /** Whether file names have the fixed tasks too. */
  readonly includeFixed: boolean;
  /** None: one notebook an order, without any values. */
  readonly conditions: readonly EditorCondition[];
  readonly kernel: 'python2' | 'python3';
  /** Whether cells have `tasknum` and `runnable` and the notebook `task_count`, as from 2022 on. */
  readonly numbered: boolean;
}

export interface GeneratedFile {
  readonly name: string;
  readonly text: string;
  readonly condition: EditorCondition | undefined;
  readonly tasks: readonly EditorTask[];
}

/** In the order of their condition numbers: orders outside, conditions inside. */
export function generatedFiles(template: EditorTemplate, options: GenerateOptions): GeneratedFile[] {
  const { conditions } = options;
  const files = ordersOf(template).flatMap((parts) =>
    (conditions.length > 0 ? conditions : [undefined]).map((condition): GeneratedFile => {
      const tasks = parts.flatMap((part) => part.tasks);
      return {
        name: fileName(options.prefix ?? template.name, condition, parts, options.includeFixed),
        // Made anew for each file: the original filled the first file's values into the fixed tasks of all.
        text: pythonJson(notebookOf(tasks, condition, options)),
        condition,
        tasks,
      };
    }),
  );
  const twice = files.find(({ name }, index) => files.findIndex((other) => other.name === name) < index);
  if (twice) {
    throw new NotOriginal(
      `two of the notebooks would be called ${twice.name}: the names of two conditions, or the shorts of two tasks, are the same in file names`,
    );
  }
  return files;
}

/** `dbSchema.sql`, which fills the original's table `conditions`. */
export function dbSchema(categories: readonly { readonly id: number; readonly files: readonly { readonly name: string }[] }[]): string {
  const rows = categories.flatMap(({ id, files }) => files.map(({ name }) => ({ id, name })));
  return rows.map(({ id, name }, n) => `INSERT INTO "conditions" VALUES(${id}, ${n}, '${name}', '${hashOf(name)}');\n`).join('');
}

export const hashOf = (fileName: string): string => createHash('sha256').update(fileName).digest('hex');

/** For file names: what is not ASCII loses its marks or is left out. */
export function slug(name: string): string {
  const ascii = name.normalize('NFKD').replace(/[^\x00-\x7f]/g, '');
  return ascii.replace(/[^\w\s-]/g, '').trim().toLowerCase().replaceAll(' ', '_');
}

export interface OrderPart {
  readonly option: OrderOption;
  readonly tasks: readonly EditorTask[];
}

/** Beyond five tasks the original left some out; here they have a cyclic square. */
export const squareOf = (tasks: readonly unknown[]): 'cyclic' | 'original' =>
  tasks.length > MAX_ORIGINAL ? 'cyclic' : 'original';

function ordersOf({ options }: EditorTemplate): OrderPart[][] {
  const orderings = options.map(({ random, tasks }, o): Ordering => {
    const names = tasks.map((_, t) => `${o} ${t}`);
    return random ? { kind: 'latin', tasks: names, square: squareOf(tasks) } : { kind: 'fixed', tasks: names };
  });
  if (countRows(orderings) > 10_000) throw new NotOriginal('the template has more than 10000 orders');
  return orderingRows(orderings, new Map()).map((row) =>
    options.map((option, o) => ({
      option,
      tasks: row.tasks
        .map((task) => task.split(' ').map(Number))
        .filter(([of]) => of === o)
        .map(([, t]) => option.tasks[t!]!),
    })),
  );
}

function fileName(
  prefix: string,
  condition: EditorCondition | undefined,
  parts: readonly OrderPart[],
  includeFixed: boolean,
): string {
  const orders = parts
    .filter(({ option }) => option.random || includeFixed)
    .map(({ tasks }) => tasks.map(({ short }) => slug(short)).join(''));
  const name = [slug(prefix), ...(condition ? [slug(condition.name)] : [])].join('_');
  return `${name}${orders.length > 0 ? `_[${orders.join('_')}]` : ''}.ipynb`;
}

type Replacement = readonly [placeholder: string, value: string];

function notebookOf(
  tasks: readonly EditorTask[],
  condition: EditorCondition | undefined,
  { kernel, numbered }: GenerateOptions,
): unknown {
  const cells = tasks.flatMap(({ cells, runnable }, tasknum) =>
    cells.map((cell) => notebookCell(cell, numbered ? { tasknum, runnable } : {})),
  );
  const metadata = { ...kernels[kernel], ...(numbered ? { task_count: tasks.length } : {}) };
  const replacements = [
    ...(condition?.pairs ?? []).map(({ key, value }): Replacement => [`%${key}%`, value]),
    ...tasks.flatMap(({ name, short, description }, n): Replacement[] => [
      [`%task${n}%`, name],
      [`%task${n}.short%`, short],
      [`%task${n}.description%`, description],
    ]),
  ];
  return filled({ metadata, nbformat: 4, nbformat_minor: 2, cells }, replacements);
}

function notebookCell({ type, collapsed, source, metadata }: EditorCell, numbers: object): object {
  if (type === 'markdown') return { cell_type: type, metadata: { ...metadata, ...numbers }, source };
  return { cell_type: type, execution_count: 0, outputs: [], metadata: { ...metadata, collapsed, ...numbers }, source };
}

/** One after the other, in every text of the notebook. */
function filled(value: unknown, replacements: readonly Replacement[]): unknown {
  if (typeof value === 'string') return replacements.reduce((text, [from, to]) => text.replaceAll(from, () => to), value);
  if (Array.isArray(value)) return value.map((each) => filled(each, replacements));
  if (typeof value !== 'object' || value === null || value instanceof PythonFloat) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, filled(each, replacements)]));
}

const kernelOf = (version: 2 | 3, languageVersion: string, modeVersion: unknown): object => ({
  kernelspec: { display_name: `Python ${version}`, language: 'python', name: `python${version}` },
  language_info: {
    codemirror_mode: { name: 'ipython', version: modeVersion },
    file_extension: '.py',
    mimetype: 'text/x-python',
    name: 'python',
    nbconvert_exporter: 'python',
    pygments_lexer: `ipython${version}`,
    version: languageVersion,
  },
});

const kernels = { python2: kernelOf(2, '2.7.12', new PythonFloat(2)), python3: kernelOf(3, '3.6.9', 3) };
