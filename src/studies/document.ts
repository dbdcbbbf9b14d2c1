/** The notebook's document: tasks of cells, in the manner of nbformat. The study renders it, the page edits it, snapshots keep it. */
import { z } from 'zod';

export const MAX_TASKS = 100;
export const MAX_CELLS_PER_TASK = 200;
export const MAX_TITLE_LENGTH = 300;
/** In characters; the same holds for a file of a study. */
export const MAX_SOURCE_LENGTH = 200_000;
export const MAX_OUTPUTS_PER_CELL = 10_000;
/** As JSON. Whoever receives a document from outside refuses a longer body before parsing it. */
export const MAX_DOCUMENT_BYTES = 8 * 1024 * 1024;

export const ID_PATTERN = /^[a-z0-9][a-z0-9-]{0,63}$/;
export const idSchema = z.string().regex(ID_PATTERN, 'expected 1 to 64 of a-z, 0-9 and -, not beginning with -');

/** An nbformat output. Kernels add fields and kinds of their own, so only its kind is required. */
const outputSchema = z.looseObject({ output_type: z.string().min(1).max(100) });

const sourceSchema = z.string().max(MAX_SOURCE_LENGTH);

const markdownCellSchema = z.strictObject({ id: idSchema, type: z.literal('markdown'), source: sourceSchema });

const codeCellSchema = z.strictObject({
  id: idSchema,
  type: z.literal('code'),
  source: sourceSchema,
  runnable: z.boolean(),
  executionCount: z.int().nonnegative().nullable(),
  outputs: z.array(outputSchema).max(MAX_OUTPUTS_PER_CELL),
});

export const taskKindSchema = z.enum(['introduction', 'task', 'closing']);

const taskSchema = z.strictObject({
  id: idSchema,
  title: z.string().min(1).max(MAX_TITLE_LENGTH),
  kind: taskKindSchema,
  minutes: z.number().positive().optional(),
  cells: z.array(z.discriminatedUnion('type', [markdownCellSchema, codeCellSchema])).max(MAX_CELLS_PER_TASK),
});

export const documentSchema = z
  .strictObject({ tasks: z.array(taskSchema).min(1).max(MAX_TASKS) })
  .superRefine(({ tasks }, context) => {
    for (const { path, message } of repeatedIds(tasks)) context.addIssue({ code: 'custom', path: ['tasks', ...path], message });
  });

export type Output = z.infer<typeof outputSchema>;
export type MarkdownCell = z.infer<typeof markdownCellSchema>;
export type CodeCell = z.infer<typeof codeCellSchema>;
export type Cell = MarkdownCell | CodeCell;
export type Task = z.infer<typeof taskSchema>;
export type Document = z.infer<typeof documentSchema>;

/** Events name a cell without its task, so cell ids are unique in the whole document, not only in their task. */
export function repeatedIds(
  tasks: readonly { id: string; cells: readonly { id: string }[] }[],
): { path: (string | number)[]; message: string }[] {
  const taskIds = new Set<string>();
  const cellIds = new Set<string>();
  const repeated: { path: (string | number)[]; message: string }[] = [];
  tasks.forEach((task, t) => {
    if (taskIds.has(task.id)) repeated.push({ path: [t, 'id'], message: `the task id "${task.id}" is used twice` });
    taskIds.add(task.id);
    task.cells.forEach((cell, c) => {
      if (cellIds.has(cell.id)) {
        repeated.push({ path: [t, 'cells', c, 'id'], message: `the cell id "${cell.id}" is used twice` });
      }
      cellIds.add(cell.id);
    });
  });
  return repeated;
}
