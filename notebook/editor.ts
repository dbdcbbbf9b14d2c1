import { closeBrackets, closeBracketsKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { pythonLanguage } from '@codemirror/lang-python';
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from '@codemirror/language';
import { type ChangeSet, EditorState, Prec, StateEffect, Transaction, type Text } from '@codemirror/state';
import { drawSelection, EditorView, keymap, lineNumbers, type ViewUpdate } from '@codemirror/view';
import { classHighlighter } from '@lezer/highlight';
import { codeHelp, type CodeHelp } from './editor-help.js';
import { keepsMainSelection } from './main-selection.js';

export interface EditorOptions {
  readonly parent: HTMLElement;
  readonly source: string;
  readonly label: string;
  readonly nonce: string;
  /** Completion and help; without it Tab only indents. */
  readonly help: CodeHelp | null;
  readonly onChange: (text: Text, changes: ChangeSet, by: string) => void;
  readonly onRun: () => void;
}

export function createEditor(options: EditorOptions): EditorView {
  const run = (): boolean => {
    options.onRun();
    return true;
  };
  return new EditorView({
    parent: options.parent,
    state: EditorState.create({
      doc: options.source,
      extensions: [
        EditorView.cspNonce.of(options.nonce),
        Prec.highest(
          keymap.of([
            { key: 'Shift-Enter', run },
            { key: 'Ctrl-Enter', mac: 'Cmd-Enter', run },
          ]),
        ),
        lineNumbers(),
        history(),
        drawSelection(),
        EditorState.allowMultipleSelections.of(true),
        keepsMainSelection,
        EditorState.tabSize.of(4),
        indentUnit.of('    '),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        EditorView.lineWrapping,
        pythonLanguage,
        options.help ? codeHelp(options.help) : [],
        syntaxHighlighting(classHighlighter),
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, indentWithTab]),
        EditorView.contentAttributes.of({ 'aria-label': options.label, spellcheck: 'false' }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) options.onChange(update.state.doc, update.changes, userEventOf(update));
        }),
      ],
    }),
  });
}

export function makeReadOnly(editor: EditorView): void {
  const locked = [EditorState.readOnly.of(true), EditorView.editable.of(false)];
  editor.dispatch({ effects: StateEffect.appendConfig.of(locked) });
}

function userEventOf(update: ViewUpdate): string {
  const named = update.transactions.map((transaction) => transaction.annotation(Transaction.userEvent));
  return named.find((name) => name !== undefined) ?? '';
}
