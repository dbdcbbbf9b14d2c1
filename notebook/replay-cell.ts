/** A cell of code in the replay: its text and its output, to be read. */
import { pythonLanguage } from '@codemirror/lang-python';
import { syntaxHighlighting } from '@codemirror/language';
import { EditorState, StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, lineNumbers } from '@codemirror/view';
import { classHighlighter } from '@lezer/highlight';
import type { CodeCell } from '../src/studies/document.js';
import type { Output } from './document.js';
import { element } from './dom.js';
import type { Messages } from './messages.js';
import { outputFrom } from './output.js';
import { OutputView } from './output-view.js';

/** What the last change put there. */
const changed = StateEffect.define<{ readonly from: number; readonly to: number } | null>();
const changedMark = Decoration.mark({ class: 'cm-changed' });
const changedField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (marks, { effects }) =>
    effects.reduce((now, effect) => {
      if (!effect.is(changed)) return now;
      return effect.value === null
        ? Decoration.none
        : Decoration.set([changedMark.range(effect.value.from, effect.value.to)]);
    }, marks),
  provide: (field) => EditorView.decorations.from(field),
});

export class ReplayCell {
  readonly root: HTMLElement;
  private readonly editor: EditorView;
  private readonly output: OutputView;
  private readonly count = element('span', { class: 'count' });
  private readonly broken = element(
    'p',
    { class: 'broken-note', hidden: '' },
    'Events before this moment are missing: this text may have been another one. It is right again from the next run on.',
  );
  private outputs: Output[] = [];
  private drawn: unknown;

  constructor(cell: CodeCell, number: number, texts: Messages, nonce: string) {
    const frame = element('div', { class: 'editor' });
    this.root = element('div', { class: 'code-cell', 'data-cell': cell.id }, this.broken, frame);
    this.editor = new EditorView({
      parent: frame,
      state: EditorState.create({
        doc: cell.source,
        extensions: [
          ...[EditorView.cspNonce.of(nonce), lineNumbers(), EditorView.lineWrapping, EditorState.tabSize.of(4)],
          ...[pythonLanguage, syntaxHighlighting(classHighlighter), changedField],
          ...[EditorState.readOnly.of(true), EditorView.editable.of(false)],
          EditorView.contentAttributes.of({ 'aria-label': `Code of cell ${number}`, 'aria-readonly': 'true' }),
        ],
      }),
    });
    this.output = new OutputView(cell.id, `Output of cell ${number}`, texts, () => this.outputs);
    this.root.append(element('div', { class: 'cell-bar' }, this.count), this.output.root);
  }

  /** @param version of the outputs: they are drawn anew only when it is another one */
  show(cell: CodeCell, version: number, marksChange: boolean, isBroken: boolean): void {
    this.showText(cell.source, marksChange);
    this.broken.hidden = !isBroken;
    this.count.textContent = cell.executionCount === null ? '' : `[${cell.executionCount}]`;
    if (this.drawn === version) return;
    this.drawn = version;
    this.outputs = cell.outputs.flatMap((output) => outputFrom(output.output_type, { ...output }) ?? []);
    this.output.draw();
  }

  private showText(text: string, marksChange: boolean): void {
    const before = this.editor.state.doc.toString();
    if (before === text) {
      if (!marksChange) this.editor.dispatch({ effects: changed.of(null) });
      return;
    }
    const shorter = Math.min(before.length, text.length);
    let from = 0;
    while (from < shorter && before[from] === text[from]) from += 1;
    let same = 0;
    while (same < shorter - from && before.at(-1 - same) === text.at(-1 - same)) same += 1;
    const insert = text.slice(from, text.length - same);
    const mark = marksChange && insert !== '' ? { from, to: from + insert.length } : null;
    this.editor.dispatch({ changes: { from, to: before.length - same, insert }, effects: changed.of(mark) });
  }
}
