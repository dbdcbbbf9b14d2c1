import { syntaxTree } from '@codemirror/language';
import type { EditorState } from '@codemirror/state';

/** The name at a position with what it belongs to, such as `os.path`: the code by which a kernel is asked about it. */
export function nameAt(state: EditorState, position: number, side: -1 | 1): string | null {
  const node = syntaxTree(state).resolveInner(position, side);
  if (node.name !== 'VariableName' && node.name !== 'PropertyName') return null;
  const from = node.name === 'PropertyName' ? (node.parent?.from ?? node.from) : node.from;
  const name = state.sliceDoc(from, node.to);
  // Calls and subscripts would have to be carried out to know what belongs to them.
  return /^[\p{L}\p{N}_.]+$/u.test(name) ? name : null;
}
