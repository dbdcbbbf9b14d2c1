/** Our document as a Jupyter notebook, nbformat 4.5, with the metadata that the original's notebooks have. */
import { z } from 'zod';
import type { Cell, Document, Output } from './document.js';
import { taskNumbers } from './task-numbers.js';

export interface Notebook {
  readonly nbformat: 4;
  readonly nbformat_minor: 5;
  readonly metadata: object;
  readonly cells: readonly object[];
}

export function toNotebook(document: Document): Notebook {
  const numbers = taskNumbers(document);
  const counted = document.tasks.filter(({ kind }) => kind === 'task').length;
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {
      kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' },
      language_info: { name: 'python' },
      // As in the original: with the introduction, so that its page showed one less.
      task_count: counted + 1,
    },
    cells: document.tasks.flatMap((task) => task.cells.map((cell) => toCell(cell, numbers.get(task.id)!))),
  };
}

function toCell(cell: Cell, tasknum: number): object {
  const { id, source } = cell;
  if (cell.type === 'markdown') return { id, cell_type: 'markdown', metadata: { tasknum, runnable: false }, source };
  return {
    id,
    cell_type: 'code',
    metadata: { tasknum, runnable: cell.runnable },
    source,
    execution_count: cell.executionCount,
    outputs: cell.outputs.flatMap(toOutput),
  };
}

const count = z
  .int()
  .min(0)
  .nullish()
  .transform((value) => value ?? null);
const text = z.union([z.string(), z.array(z.string())]);
const isJsonMime = (mime: string): boolean => mime === 'application/json' || mime.endsWith('+json');
const bundle = z
  .record(z.string(), z.unknown())
  .transform((data) =>
    Object.fromEntries(
      Object.entries(data).filter(([mime, value]) => isJsonMime(mime) || text.safeParse(value).success),
    ),
  );
const metadata = z.record(z.string(), z.unknown()).default({});

/** The four kinds that the format knows, with no more than its fields. */
const outputSchema = z.discriminatedUnion('output_type', [
  z.object({ output_type: z.literal('stream'), name: z.string(), text }),
  z.object({ output_type: z.literal('display_data'), data: bundle, metadata }),
  z.object({ output_type: z.literal('execute_result'), data: bundle, metadata, execution_count: count }),
  z.object({ output_type: z.literal('error'), ename: z.string(), evalue: z.string(), traceback: z.array(z.string()) }),
]);

/** Whatever else a kernel made up would make the whole file invalid, and is left out here; the events have it. */
function toOutput(output: Output): object[] {
  const result = outputSchema.safeParse(output);
  return result.success ? [result.data] : [];
}
