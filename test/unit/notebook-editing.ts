/** Random editing on a real CodeMirror state, as a person does it, with everything recorded as the page records it. */
import {
  copyLineDown,
  deleteTrailingWhitespace,
  history,
  indentMore,
  insertNewlineAndIndent,
  moveLineUp,
  redo,
  transposeChars,
  undo,
} from '@codemirror/commands';
import { EditorSelection, EditorState, type StateCommand, type TransactionSpec } from '@codemirror/state';
import fc from 'fast-check';
import { keepsMainSelection } from '../../notebook/main-selection.js';

const commands: Record<string, StateCommand> = {
  copyLineDown,
  deleteTrailingWhitespace,
  indentMore,
  insertNewlineAndIndent,
  moveLineUp,
  redo,
  transposeChars,
  undo,
};

/** Positions are in thousandths of the text, so that a script fits any. */
export type EditAction =
  | { readonly kind: 'type' | 'paste'; readonly text: string }
  | { readonly kind: 'delete'; readonly forward: boolean }
  | { readonly kind: 'command'; readonly name: string }
  | { readonly kind: 'select'; readonly ranges: readonly (readonly [anchor: number, head: number])[] }
  | { readonly kind: 'drag'; readonly to: number }
  | { readonly kind: 'pause' | 'run' };

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme', maxLength: 6 }) },
  fc.constantFrom(
    '\n',
    '\r\n',
    '\r',
    '\n\r',
    '🙂',
    '👩‍🚀',
    'e\u0301',
    '\ude42',
    '\0',
    '\u2028',
    '\t',
    'x = 1\r\ny = 2\r\n',
  ),
);
const thousandth = fc.nat(1000);

export type EditScript = readonly { readonly cell: 'a' | 'b'; readonly action: EditAction }[];

export const editScript: fc.Arbitrary<EditScript> = fc.array(
  fc.record({
    cell: fc.constantFrom('a' as const, 'b' as const),
    action: fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('type' as const, 'paste' as const), text: piece }) },
      {
        weight: 6,
        arbitrary: fc.record({
          kind: fc.constant('command' as const),
          name: fc.constantFrom(...Object.keys(commands)),
        }),
      },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('delete' as const), forward: fc.boolean() }) },
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constant('select' as const),
          ranges: fc.array(fc.tuple(thousandth, thousandth), { minLength: 1, maxLength: 3 }),
        }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('drag' as const), to: thousandth }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('pause' as const, 'run' as const) }) },
    ),
  }),
  { maxLength: 80, size: 'max' },
);

export type ChangeListener = (
  text: EditorState['doc'],
  changes: ReturnType<EditorState['changes']>,
  by: string,
) => void;

export class EditedCell {
  state: EditorState;

  constructor(
    source: string,
    private readonly onChange: ChangeListener,
  ) {
    const extensions = [history(), EditorState.allowMultipleSelections.of(true), keepsMainSelection];
    this.state = EditorState.create({ doc: source, extensions });
  }

  do(action: EditAction): void {
    switch (action.kind) {
      case 'type':
        this.apply({ ...this.state.replaceSelection(this.state.toText(action.text)), userEvent: 'input.type' });
        break;
      case 'paste':
        this.apply({ ...this.state.replaceSelection(this.state.toText(action.text)), userEvent: 'input.paste' });
        break;
      case 'delete':
        this.delete(action.forward);
        break;
      case 'command':
        commands[action.name]!({
          state: this.state,
          dispatch: (transaction) => {
            this.take(transaction);
          },
        });
        break;
      case 'select':
        this.apply({
          selection: EditorSelection.create(
            action.ranges.map(([anchor, head]) => EditorSelection.range(this.at(anchor), this.at(head))),
          ),
        });
        break;
      case 'drag':
        this.drag(this.at(action.to));
        break;
      case 'pause':
      case 'run':
        break;
    }
  }

  /** At each cursor; the editor's own commands for it measure the page. */
  private delete(forward: boolean): void {
    const { state } = this;
    const changes = state.changeByRange((range) => {
      const [from, to] = range.empty ? this.besides(range.from, forward) : [range.from, range.to];
      return { changes: { from, to }, range: EditorSelection.cursor(from) };
    });
    this.apply({ ...changes, userEvent: forward ? 'delete.forward' : 'delete.backward' });
  }

  private besides(position: number, forward: boolean): [from: number, to: number] {
    if (forward) return [position, this.whole(Math.min(position + 1, this.state.doc.length), 1)];
    return [this.whole(Math.max(position - 1, 0), -1), position];
  }

  /** As the editor does it: the selected text goes, and comes again where it is dropped. */
  private drag(to: number): void {
    const { from, to: end } = this.state.selection.main;
    if (to > from && to < end) return;
    const insert = this.state.sliceDoc(from, end);
    this.apply({
      changes: [
        { from, to: end },
        { from: to, insert: this.state.toText(insert) },
      ],
      userEvent: 'move.drop',
    });
  }

  private at(thousandths: number): number {
    return this.whole(Math.round((thousandths / 1000) * this.state.doc.length), -1);
  }

  /** A cursor is never within a character beyond the BMP. */
  private whole(position: number, side: 1 | -1): number {
    const isWithin = /^[\ud800-\udbff][\udc00-\udfff]$/.test(this.state.sliceDoc(position - 1, position + 1));
    return isWithin ? position + side : position;
  }

  private apply(spec: TransactionSpec): void {
    this.take(this.state.update(spec));
  }

  private take(transaction: ReturnType<EditorState['update']>): void {
    this.state = transaction.state;
    if (!transaction.docChanged) return;
    const by = ['input.type', 'input.paste', 'move.drop', 'undo', 'redo', 'delete'].find((name) =>
      transaction.isUserEvent(name),
    );
    this.onChange(transaction.newDoc, transaction.changes, by ?? '');
  }
}
