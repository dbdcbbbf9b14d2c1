/** Reads the SQLite file of the original's study editor, `tmp/db.sqlite`. */
import type { Database } from 'sql.js';
import { z } from 'zod';
import {
  type EditorCell,
  type EditorCondition,
  type EditorData,
  type EditorTask,
  type EditorTemplate,
  NotOriginal,
} from './editor.js';

const id = z.int();
const text = z.string().nullish().transform((value) => value ?? '');
const flag = z.union([z.int(), z.boolean()]).nullish();

const cellRow = z.object({
  id,
  name: z.string(),
  cell_type: z.enum(['markdown', 'code']),
  collapsed: flag.transform(Boolean),
  source: text,
  cell_metadata: text,
});
/** The column came with the later version, and its own sample lacks it. */
const taskRow = z.object({ id, name: z.string(), short: text, description: text, runnable: flag.transform((value) => value !== 0) });
const taskCellRow = z.object({ task_id: id, cell_id: id, position: z.int().nullish() });
const conditionRow = z.object({ id, name: z.string() });
const pairRow = z.object({ id, key: text, value: text, condition: id.nullish() });
const templateRow = z.object({ id, name: z.string() });
const optionRow = z.object({ id, notebook: id.nullish(), random: flag.transform(Boolean), position: z.int().nullish() });
const optionTaskRow = z.object({ option_id: id.nullish(), task_id: id.nullish() });
const templateTaskRow = z.object({ notebook_id: id.nullish(), task_id: id.nullish() });
const fileRow = z.object({ id, category: z.int(), filename: z.string() });

export async function readEditorDatabase(content: Uint8Array): Promise<EditorData> {
  // Only here: nothing else needs it.
  const { default: initSqlJs } = await import('sql.js');
  const { Database } = await initSqlJs();
  const database = new Database(content);
  try {
    return editorData(rowsFrom(database));
  } finally {
    database.close();
  }
}

type Rows = <T extends z.ZodType>(table: string, row: T) => z.infer<T>[];

function rowsFrom(database: Database): Rows {
  return (table, row) => {
    const found: Record<string, unknown>[] = [];
    try {
      // `table` is one of ours; rowid is the order in which the original wrote them.
      const statement = database.prepare(`select * from ${table} order by rowid`);
      while (statement.step()) found.push(statement.getAsObject());
      statement.free();
    } catch (error) {
      throw new NotOriginal(`this is not a database of the original's study editor: ${(error as Error).message}`);
    }
    return found.map((each, index) => {
      const result = row.safeParse(each);
      if (result.success) return result.data;
      const { path, message } = result.error.issues[0]!;
      throw new NotOriginal(`row ${index + 1} of ${table}: ${path.join('.')}: ${message}`);
    });
  };
}

function editorData(rows: Rows): EditorData {
  const notes: string[] = [];
  const tasks = tasksOf(rows, notes);
  const templates = templatesOf(rows, tasks, notes);
  const conditions = conditionsOf(rows, notes);
  const files = rows('nbgen_files', fileRow).map(({ category, filename }) => ({ category, name: filename }));
  return { templates, conditions, files, notes };
}

function tasksOf(rows: Rows, notes: string[]): Map<number, EditorTask> {
  const cells = new Map(rows('nbgen_cells', cellRow).map((row) => [row.id, cellOf(row, notes)]));
  const placed = rows('nbgen_taskcells', taskCellRow).toSorted((a, b) => (a.position ?? 0) - (b.position ?? 0));
  return new Map(
    rows('nbgen_tasks', taskRow).map(({ id, ...task }) => {
      const own = placed.filter(({ task_id }) => task_id === id).map(({ cell_id }) => cells.get(cell_id));
      const found = own.filter((cell) => cell !== undefined);
      if (found.length < own.length) notes.push(`Task "${task.name}" names a cell that was deleted; it is left out.`);
      return [id, { ...task, cells: found }];
    }),
  );
}

function cellOf({ name, cell_type, collapsed, source, cell_metadata }: z.infer<typeof cellRow>, notes: string[]): EditorCell {
  return { name, type: cell_type, collapsed, source, metadata: metadataOf(name, cell_metadata, notes) };
}

function metadataOf(cell: string, written: string, notes: string[]): Record<string, unknown> {
  if (written.trim() === '') return {};
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(written));
  } catch {
    notes.push(`The metadata of cell "${cell}" is no JSON object; it is left out.`);
    return {};
  }
}

function templatesOf(rows: Rows, tasks: ReadonlyMap<number, EditorTask>, notes: string[]): EditorTemplate[] {
  const options = rows('nbgen_orderoptions', optionRow).toSorted((a, b) => (a.position ?? 0) - (b.position ?? 0));
  const chosen = rows('nbgen_task_association', optionTaskRow);
  const selected = rows('nbgen_template_tasks', templateTaskRow);
  return rows('nbgen_nbtemplates', templateRow).map(({ id, name }) => {
    const used = new Set<EditorTask>();
    const own = options.filter(({ notebook }) => notebook === id);
    const ordered = own.flatMap((option) => {
      const named = chosen.filter(({ option_id }) => option_id === option.id).map(({ task_id }) => tasks.get(task_id ?? -1));
      const found = named.filter((task) => task !== undefined).toSorted((a, b) => compared(a.short, b.short));
      if (found.length < named.length) notes.push(`Template "${name}" orders a task that was deleted; it is left out.`);
      // Of a fixed option the original takes the first.
      const kept = option.random ? found : found.slice(0, 1);
      for (const task of kept) used.add(task);
      return kept.length > 0 ? [{ random: option.random, tasks: kept }] : [];
    });
    for (const { notebook_id, task_id } of selected) {
      const task = tasks.get(task_id ?? -1);
      if (notebook_id !== id || !task || used.has(task)) continue;
      notes.push(`Template "${name}" selects the task "${task.name}", but no order has it: nobody got it, and it is left out.`);
    }
    return { id, name, options: ordered };
  });
}

function conditionsOf(rows: Rows, notes: string[]): EditorCondition[] {
  const pairs = rows('nbgen_pairs', pairRow);
  return rows('nbgen_conditions', conditionRow).map(({ id, name }) => {
    const own = pairs.filter(({ condition }) => condition === id);
    if (own.some(({ key }) => key === '')) {
      notes.push(`Condition "${name}" has a value without a key, which the original put for each "%%"; it is left out.`);
    }
    return { name, pairs: own.filter(({ key }) => key !== '').map(({ key, value }) => ({ key, value })) };
  });
}

/** As SQLite sorts text: by its bytes. */
const compared = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
