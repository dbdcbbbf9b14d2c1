/** The document that the page edits, and what of it has changed (free of the DOM). */
import type { CodeCell, NotebookDocument, Output } from './document.js';

/** A cell keeps this many characters of output: more would neither be read nor fit the browser's storage. */
export const OUTPUT_LIMIT = 200_000;
export const CUT_MARK = '\n… output cut here\n';

export class DocumentModel {
  /** Grows with each change: whoever keeps a copy compares it with the number at which the copy was made. */
  version = 0;
  private readonly codeCells = new Map<string, CodeCell>();
  private readonly taskOfCell = new Map<string, string>();
  private readonly outputSizes = new Map<string, number>();

  constructor(readonly document: NotebookDocument) {
    for (const task of document.tasks) {
      for (const cell of task.cells) {
        if (cell.type !== 'code') continue;
        this.codeCells.set(cell.id, cell);
        this.taskOfCell.set(cell.id, task.id);
      }
    }
  }

  cell(id: string): CodeCell {
    const cell = this.codeCells.get(id);
    if (!cell) throw new Error(`no code cell ${id} in this document`);
    return cell;
  }

  taskOf(cellId: string): string | null {
    return this.taskOfCell.get(cellId) ?? null;
  }

  /** Says whether the text is another one than before. */
  setSource(id: string, source: string): boolean {
    const cell = this.cell(id);
    if (cell.source === source) return false;
    cell.source = source;
    this.version++;
    return true;
  }

  clearOutputs(id: string): void {
    const cell = this.cell(id);
    cell.outputs = [];
    cell.executionCount = null;
    this.outputSizes.set(id, 0);
    this.version++;
  }

  /** Adds an output; a stream's text continues the stream before it. Beyond the limit the output is cut, and marked so. */
  appendOutput(id: string, output: Output): void {
    const cell = this.cell(id);
    const used = this.outputSizes.get(id) ?? 0;
    if (used > OUTPUT_LIMIT) return;
    const size = outputSize(output);
    this.outputSizes.set(id, used + size);
    const fitting = used + size > OUTPUT_LIMIT ? cut(output, OUTPUT_LIMIT - used) : output;
    const last = cell.outputs.at(-1);
    if (fitting.output_type === 'stream' && last?.output_type === 'stream' && last.name === fitting.name) {
      last.text += fitting.text;
    } else {
      cell.outputs.push(fitting.output_type === 'stream' ? { ...fitting } : fitting);
    }
    this.version++;
  }

  setExecutionCount(id: string, count: number | null): void {
    this.cell(id).executionCount = count;
    this.version++;
  }
}

function outputSize(output: Output): number {
  return output.output_type === 'stream' ? output.text.length : JSON.stringify(output).length;
}

function cut(output: Output, room: number): Output {
  if (output.output_type === 'stream') return { ...output, text: output.text.slice(0, Math.max(0, room)) + CUT_MARK };
  return { output_type: 'stream', name: 'stderr', text: CUT_MARK };
}
