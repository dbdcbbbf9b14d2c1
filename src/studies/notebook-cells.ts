/** The cells of a Jupyter notebook as a study uses them: text and code. Outputs are left out. */
import { z } from 'zod';

export interface NotebookCell {
  readonly type: 'markdown' | 'code';
  readonly source: string;
  /** As the original's notebooks have it; a number or a text there. */
  readonly tasknum: string | undefined;
  readonly runnable: boolean;
}

export class NoNotebook extends Error {
  override readonly name = 'NoNotebook';
}

const notebookSchema = z.object({
  nbformat: z.literal(4),
  cells: z.array(
    z.object({
      cell_type: z.string(),
      source: z.union([z.string(), z.array(z.string()).transform((lines) => lines.join(''))]),
      metadata: z.record(z.string(), z.unknown()).default({}),
    }),
  ),
});

export function notebookCells(text: string): NotebookCell[] {
  let written: unknown;
  try {
    written = JSON.parse(text);
  } catch {
    throw new NoNotebook('it is no JSON');
  }
  const { data, error } = notebookSchema.safeParse(written);
  if (!data) throw new NoNotebook(`${error.issues[0]!.path.join('.')}: ${error.issues[0]!.message}`);
  return data.cells.flatMap(({ cell_type: type, source, metadata: { tasknum, runnable } }): NotebookCell[] => {
    if (type !== 'markdown' && type !== 'code') return [];
    const number = typeof tasknum === 'number' || typeof tasknum === 'string' ? String(tasknum) : undefined;
    return [{ type, source: source.replaceAll('\r\n', '\n'), tasknum: number, runnable: runnable !== false }];
  });
}
