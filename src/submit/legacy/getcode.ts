/** The code of a notebook for the exit survey: what survey pages insert by `code<tasknum>`. */
import { z } from 'zod';
import { highlightPython, plainPython } from './highlight.js';

const sourceSchema = z.union([z.string(), z.array(z.string()).transform((lines) => lines.join(''))]);
const codeCellSchema = z.object({
  cell_type: z.literal('code'),
  source: sourceSchema,
  metadata: z.object({ tasknum: z.union([z.string().min(1).max(100), z.int()]) }),
});
const notebookSchema = z.object({ cells: z.array(z.unknown()) });

/** Characters of one notebook that are highlighted: reading a hostile text of full size would keep everybody waiting. */
const HIGHLIGHTED = 100_000;

/**
 * Highlighted HTML by `code<tasknum>`, from our notebooks and from those that were posted. A survey page inserts one text a
 * task, so all code cells of a task are in it, one block after the other.
 */
export function codeByTask(notebook: unknown): Record<string, string> {
  const cells = notebookSchema.safeParse(notebook).data?.cells ?? [];
  const byTask = new Map<string, string>();
  let left = HIGHLIGHTED;
  for (const cell of cells) {
    const { data } = codeCellSchema.safeParse(cell);
    if (data === undefined) continue;
    left -= data.source.length;
    const html = left >= 0 ? highlightPython(data.source) : plainPython(data.source);
    const key = `code${data.metadata.tasknum}`;
    byTask.set(key, (byTask.get(key) ?? '') + html);
  }
  return Object.fromEntries(byTask);
}
