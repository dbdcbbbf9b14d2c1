/** The document that the page edits, and what of it has changed (free of the DOM). */
import type { Text } from '@codemirror/state';
import { CellOutputs } from './cell-outputs.js';
import type { CodeCell, MimeBundle, NotebookDocument, Output } from './document.js';

/** Characters of output that all cells keep together: the whole document must fit into one request. */
const DOCUMENT_LIMIT = 4_000_000;

export class DocumentModel {
  /** Grows with each change: whoever keeps a copy compares it with the number at which the copy was made. */
  version = 0;
  private readonly codeCells = new Map<string, CodeCell>();
  private readonly taskOfCell = new Map<string, string>();
  private readonly outputs = new Map<string, CellOutputs>();

  /** Texts of cells as the editor has them: made into one string only when it is asked for, not at each key. */
  private readonly edited = new Map<string, Text>();

  constructor(private readonly original: NotebookDocument) {
    const room = (): number => [...this.outputs.values()].reduce((left, { size }) => left - size, DOCUMENT_LIMIT);
    for (const task of original.tasks) {
      for (const cell of task.cells) {
        if (cell.type !== 'code') continue;
        this.codeCells.set(cell.id, cell);
        this.taskOfCell.set(cell.id, task.id);
        this.outputs.set(cell.id, new CellOutputs(cell, room));
      }
    }
  }

  cell(id: string): CodeCell {
    const cell = this.codeCells.get(id);
    if (!cell) throw new Error(`no code cell ${id} in this document`);
    const text = this.edited.get(id);
    if (text) cell.source = text.toString();
    this.edited.delete(id);
    return cell;
  }

  get document(): NotebookDocument {
    for (const id of this.edited.keys()) this.cell(id);
    return this.original;
  }

  taskOf(cellId: string): string | null {
    return this.taskOfCell.get(cellId) ?? null;
  }

  setText(id: string, text: Text): void {
    this.edited.set(id, text);
    this.version++;
  }

  /** A run begins: what the last one left goes. */
  startRun(id: string): void {
    this.outputsOf(id).startRun();
    this.setExecutionCount(id, null);
  }

  clearOutputs(id: string): void {
    this.outputsOf(id).clear();
    this.version++;
  }

  /** Adds an output; a stream's text continues the stream before it. Beyond the limits outputs are cut, and marked so. */
  appendOutput(id: string, output: Output, displayId: string | null = null): void {
    this.outputsOf(id).append(output, displayId);
    this.version++;
  }

  /** Adds a word of this page about a run. */
  appendNotice(id: string, text: string): void {
    this.outputsOf(id).notice(text);
    this.version++;
  }

  /** Exchanges what was shown under this name, and returns the cells that show it. */
  updateDisplay(displayId: string, data: MimeBundle, metadata: MimeBundle): string[] {
    const showing = [...this.outputs].filter(([, outputs]) => outputs.update(displayId, data, metadata));
    if (showing.length > 0) this.version++;
    return showing.map(([id]) => id);
  }

  /** Characters that a cell's program put out beyond what is kept: missing in what stands, and over the whole run. */
  cutOf(id: string): { shown: number; run: number } {
    const { cut, excess } = this.outputsOf(id);
    return { shown: cut, run: excess };
  }

  setExecutionCount(id: string, count: number | null): void {
    this.cell(id).executionCount = count;
    this.version++;
  }

  private outputsOf(id: string): CellOutputs {
    const outputs = this.outputs.get(id);
    if (!outputs) throw new Error(`no code cell ${id} in this document`);
    return outputs;
  }
}
