/** The help that was asked for with a key: it stands at the cursor until the cursor moves, the text changes, or Escape is pressed. */
import { StateEffect, StateField } from '@codemirror/state';
import { EditorView, showTooltip, type Tooltip } from '@codemirror/view';

const setHelp = StateEffect.define<Tooltip | null>();

export const helpAtCursor = StateField.define<Tooltip | null>({
  create: () => null,
  update(shown, transaction) {
    for (const effect of transaction.effects) if (effect.is(setHelp)) return effect.value;
    return transaction.docChanged || transaction.selection ? null : shown;
  },
  provide: (field) => showTooltip.from(field),
});

export function showHelp(view: EditorView, tooltip: Tooltip, words: string): void {
  view.dispatch({ effects: [setHelp.of(tooltip), EditorView.announce.of(words)] });
}

export function closeHelp(view: EditorView): boolean {
  if (view.state.field(helpAtCursor) === null) return false;
  view.dispatch({ effects: setHelp.of(null) });
  return true;
}
