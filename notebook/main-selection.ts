/** Keeps a main cursor (free of the DOM). */
import { EditorSelection, EditorState, type Extension } from '@codemirror/state';

/**
 * CodeMirror's moving of lines leaves out cursors in a line that cannot move, and with them perhaps the main one
 * (@codemirror/commands 6.11): the editor would throw at whatever comes next.
 */
export const keepsMainSelection: Extension = EditorState.transactionFilter.of((transaction) => {
  const { selection } = transaction;
  if (!selection || selection.mainIndex < selection.ranges.length) return transaction;
  return [transaction, { selection: EditorSelection.create(selection.ranges), sequential: true }];
});
