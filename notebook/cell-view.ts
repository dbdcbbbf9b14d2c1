import type { ChangeSet, Text } from '@codemirror/state';
import type { EditorView } from '@codemirror/view';
import type { CodeCell, MarkdownCell } from './document.js';
import { button, element } from './dom.js';
import { createEditor, makeReadOnly } from './editor.js';
import type { CodeHelp } from './editor-help.js';
import { renderMarkdown } from './markdown.js';
import { fill, type Messages } from './messages.js';
import { OutputView } from './output-view.js';

export function markdownView(cell: MarkdownCell): HTMLElement {
  return element('div', { class: 'prose', 'data-cell': cell.id }, renderMarkdown(cell.source));
}

export interface CellActions {
  readonly change: (cellId: string, text: Text, changes: ChangeSet, by: string) => void;
  readonly run: (cellId: string) => void;
}

/** A cell of code: the editor, its run button, its output. */
export class CodeCellView {
  readonly root: HTMLElement;
  readonly output: OutputView;
  private readonly editor: EditorView;
  private readonly howToRun: HTMLElement | null = null;
  private isLocked = false;
  private readonly count = element('span', { class: 'count' });

  constructor(
    private readonly cell: CodeCell,
    readonly number: number,
    private readonly texts: Messages,
    nonce: string,
    help: CodeHelp | null,
    actions: CellActions,
  ) {
    const frame = element('div', { class: 'editor' });
    this.output = new OutputView(cell.id, fill(texts.outputOf, { number }), texts, () => cell.outputs);
    this.root = element('div', { class: 'code-cell', 'data-cell': cell.id }, frame);
    this.editor = createEditor({
      parent: frame,
      source: cell.source,
      label: fill(help ? texts.codeOfHelp : texts.codeOf, { number }),
      nonce,
      help,
      onChange: (text, changes, by) => {
        actions.change(cell.id, text, changes, by);
      },
      onRun: () => {
        if (cell.runnable && !this.isLocked) actions.run(cell.id);
      },
    });
    if (cell.runnable) {
      const run = button(texts.run, `run-${cell.id}`, 'run', () => {
        actions.run(cell.id);
      });
      run.title = texts.runLabel;
      const hint = element('span', { class: 'hint', 'aria-hidden': 'true' }, 'Shift + ⏎');
      this.howToRun = element('div', { class: 'how-to-run' }, run, hint);
      this.root.append(element('div', { class: 'cell-bar' }, this.howToRun, this.count));
    }
    this.root.append(this.output.root);
    this.setRunning(false);
  }

  setRunning(running: boolean): void {
    this.root.classList.toggle('running', running);
    this.count.textContent = running
      ? this.texts.running
      : this.cell.executionCount === null
        ? ''
        : `[${this.cell.executionCount}]`;
  }

  placeCursor(offset: number): void {
    const anchor = Math.min(offset, this.editor.state.doc.length);
    this.editor.focus();
    this.editor.dispatch({ selection: { anchor }, scrollIntoView: true });
  }

  /** Can be read from now on, but neither changed nor run by the participant. */
  lock(): void {
    this.isLocked = true;
    makeReadOnly(this.editor);
    this.howToRun?.remove();
  }
}
