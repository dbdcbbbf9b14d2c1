/** Completion and help in the editor, from the kernel: asked for with a key, help also by resting the mouse on a name. */
import { acceptCompletion, autocompletion, startCompletion, type CompletionContext } from '@codemirror/autocomplete';
import type { CompletionResult } from '@codemirror/autocomplete';
import { EditorState, Prec, type Extension } from '@codemirror/state';
import { EditorView, hoverTooltip, keymap, tooltips, type Tooltip } from '@codemirror/view';
import { runsOf } from './ansi.js';
import { element } from './dom.js';
import { closeHelp, helpAtCursor, showHelp } from './help-tooltip.js';
import type { KernelHelp } from './kernel-help.js';
import type { Messages } from './messages.js';
import { nameAt } from './name-at.js';
import { terminal } from './terminal-view.js';

export interface CodeHelp {
  readonly source: Pick<KernelHelp, 'isReady' | 'complete' | 'inspect'>;
  readonly texts: Pick<Messages, 'completions' | 'noHelp'>;
}

const REST = 600;
/** What anybody reads of a description. */
const LONGEST = 10_000;

export function codeHelp({ source, texts }: CodeHelp): Extension {
  return [
    autocompletion({ override: [completions(source)], activateOnTyping: false, icons: false }),
    hoverTooltip(
      async ({ state }, position, side) => {
        const name = nameAt(state, position, side < 0 ? -1 : 1);
        const text = name === null ? null : await source.inspect(name, name.length);
        return text === null ? null : tooltip(text, position);
      },
      { hoverTime: REST, hideOnChange: true },
    ),
    helpAtCursor,
    // Outside of the cell, which cuts off what reaches over its edge.
    tooltips({ parent: document.body, position: 'fixed' }),
    EditorState.phrases.of({ Completions: texts.completions }),
    Prec.high(
      keymap.of([
        {
          key: 'Tab',
          run: (view) => acceptCompletion(view) || (source.isReady && isAfterName(view) && startCompletion(view)),
        },
        { key: 'Shift-Tab', run: (view) => isInCode(view) && ask(view, source, texts.noHelp) },
        { key: 'Escape', run: closeHelp },
      ]),
    ),
  ];
}

function completions(source: CodeHelp['source']) {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    const code = context.state.doc.toString();
    const found = await source.complete(code, context.pos);
    if (!found || context.aborted || found.matches.length === 0) return null;
    // "os.pa" is completed to "os.path", which some kernels call "os.path", some ".path": what stands before the last dot stays.
    const typed = code.slice(found.from, context.pos);
    const owner = typed.slice(0, typed.lastIndexOf('.') + 1);
    const options = found.matches.map((match) => ({
      label: match.startsWith(owner) ? match.slice(owner.length) : match,
    }));
    return { from: found.from + owner.length, options, validFor: /^\w*$/ };
  };
}

/** Help that was asked for: always answered, also in words for screen readers. */
function ask(view: EditorView, source: CodeHelp['source'], none: string): boolean {
  const { doc, selection } = view.state;
  const at = selection.main.head;
  // Not at a name, it is about the call around the cursor, which the kernel finds.
  const name = nameAt(view.state, at, -1) ?? nameAt(view.state, at, 1);
  const found = name === null ? source.inspect(doc.toString(), at) : source.inspect(name, name.length);
  void found.then((text) => {
    const isStillThere = view.state.doc === doc && view.state.selection.main.head === at;
    if (isStillThere) showHelp(view, tooltip(text ?? none, at), plain(text ?? none));
  });
  return true;
}

function tooltip(text: string, position: number): Tooltip {
  const create = () => ({
    dom: element('div', { class: 'help', role: 'tooltip' }, terminal(text.slice(0, LONGEST), 'help-text')),
  });
  return { pos: position, above: true, create };
}

function plain(text: string): string {
  return runsOf(text.slice(0, LONGEST), '')
    .map((run) => run.text)
    .join('');
}

function beforeCursor({ state }: EditorView): string | null {
  const { main } = state.selection;
  return main.empty ? state.doc.lineAt(main.head).text.slice(0, main.head - state.doc.lineAt(main.head).from) : null;
}

function isAfterName(view: EditorView): boolean {
  return /[\p{L}\p{N}_.]$/u.test(beforeCursor(view) ?? '');
}

function isInCode(view: EditorView): boolean {
  return /\S/.test(beforeCursor(view) ?? '');
}
