/** The code that participants get, in the order in which they meet it, and what became of running it as it is. */
import type { Condition, Study } from './read.js';
import { cellTexts } from './cell-texts.js';
import { placeholderValues } from './render.js';

export interface StarterCell {
  readonly task: string;
  readonly id: string;
  readonly file: string;
  readonly source: string;
  readonly expect: 'success' | 'error';
}

/** What went wrong with a cell. */
export interface CodeFailure {
  readonly cell: StarterCell;
  /** In the cell's file. */
  readonly line?: number;
  readonly message: string;
}

export function starterCells({ definition, files }: Pick<Study, 'definition' | 'files'>, condition: Condition): StarterCell[] {
  const values = placeholderValues(definition, condition);
  const texts = new Map(definition.tasks.flatMap((task) => cellTexts(task, files, values).map((cell) => [cell.id, cell])));
  return condition.document.tasks.flatMap((task) =>
    task.cells.flatMap((cell) => {
      if (cell.type !== 'code' || !cell.runnable) return [];
      const { file, expect } = texts.get(cell.id)!;
      return [{ task: task.id, id: cell.id, file, source: cell.source, expect }];
    }),
  );
}

/** What IPython wrote of an error: the last line of a cell that it passed through, and which cell that was. */
export function placeOfError(traceback: readonly string[]): { executionCount: number; line: number } | undefined {
  const plain = traceback.join('\n').replace(/\x1b\[[0-9;]*m/g, '');
  const last = [...plain.matchAll(/Cell In ?\[(\d+)\](?:, line (\d+))/g)].at(-1);
  return last && { executionCount: Number(last[1]), line: Number(last[2]) };
}

interface Told extends CodeFailure {
  readonly conditions: string[];
}

/** One line for what is the same in several conditions. */
export function describeFailures(found: readonly { condition: string; failure: CodeFailure }[], conditions: number): string[] {
  const told = new Map<string, Told>();
  for (const { condition, failure } of found) {
    const key = JSON.stringify([failure.cell.id, failure.cell.file, failure.line, failure.message]);
    const same = told.get(key);
    if (same === undefined) told.set(key, { ...failure, conditions: [condition] });
    else same.conditions.push(condition);
  }
  return [...told.values()].map(({ cell, line, message, conditions: names }) => {
    const where = names.length === conditions ? '' : `, in condition ${names.map((name) => `"${name}"`).join(' and ')}`;
    return `${[cell.file, line].filter(Boolean).join(':')}: ${message} (task ${cell.task}, cell ${cell.id}${where})`;
  });
}
