import assert from 'node:assert/strict';
import { moveLineUp } from '@codemirror/commands';
import { EditorSelection, EditorState } from '@codemirror/state';
import { keepsMainSelection } from '../../notebook/main-selection.js';

describe('cursors in two lines', () => {
  it('leave a main one when the one can go up and the other cannot', () => {
    let state = EditorState.create({
      doc: 'one\ntwo\nthree',
      extensions: [EditorState.allowMultipleSelections.of(true), keepsMainSelection],
      selection: EditorSelection.create([EditorSelection.cursor(0), EditorSelection.cursor(9)], 1),
    });
    moveLineUp({ state, dispatch: (transaction) => (state = transaction.state) });
    assert.equal(state.doc.toString(), 'one\nthree\ntwo');
    assert.equal(state.selection.main.head, 5);
  });
});
