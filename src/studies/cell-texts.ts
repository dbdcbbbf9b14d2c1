/** A task's cells with their texts, as they stand in the files: placeholders are filled in the files' names only. */
import type { CellTemplate, TaskTemplate } from './definition.js';
import { type NotebookCell, notebookCells } from './notebook-cells.js';
import { fillPlaceholders } from './placeholders.js';

export interface CellText {
  readonly id: string;
  readonly type: 'markdown' | 'code';
  readonly file: string;
  readonly text: string;
  readonly runnable: boolean;
  readonly expect: 'success' | 'error';
}

type Values = ReadonlyMap<string, string>;

/** The path of a cell's file; it may hold placeholders, so that each condition has a file of its own. */
export function cellFile(cell: CellTemplate, values: Values): string {
  return fillPlaceholders('markdown' in cell ? cell.markdown : 'code' in cell ? cell.code : cell.notebook, values);
}

export function cellTexts({ cells }: TaskTemplate, files: Readonly<Record<string, string>>, values: Values): CellText[] {
  return cells.flatMap((cell): CellText[] => {
    const file = cellFile(cell, values);
    if (!Object.hasOwn(files, file)) throw new Error(`the study was read without its file ${file}`);
    const text = files[file]!;
    if ('notebook' in cell) {
      return chosenCells(text, cell).map(({ type, source, runnable }, index) => ({
        ...{ id: `${cell.id}-${index + 1}`, type, file, text: source, runnable, expect: 'success' },
      }));
    }
    if ('markdown' in cell) return [{ id: cell.id, type: 'markdown', file, text, runnable: false, expect: 'success' }];
    return [{ id: cell.id, type: 'code', file, text, runnable: cell.runnable, expect: cell.expect }];
  });
}

/** Of a notebook all cells, or those of one of its tasks. */
export function chosenCells(text: string, { tasknum }: { readonly tasknum?: string | undefined }): NotebookCell[] {
  return notebookCells(text).filter((cell) => tasknum === undefined || cell.tasknum === tasknum);
}
