/** What the participant copies, cuts and pastes, and the question where a pasted text comes from. */
import type { Place, Recorder } from './recorder.js';
import { isOwnText } from './own-text.js';

export interface ClipboardParts {
  readonly recorder: Recorder;
  readonly keepsText: boolean;
  /** Text from elsewhere was pasted into the code. */
  readonly pasted: () => void;
}

/** Listens where the editors have already said what they copy. */
export function listenToClipboard({ recorder, keepsText, pasted }: ClipboardParts): void {
  let copied = '';
  const take = (event: ClipboardEvent): void => {
    const said = event.clipboardData?.getData('text/plain') ?? '';
    const text = said === '' ? (getSelection()?.toString() ?? '') : said;
    if (text === '') return;
    copied = text;
    recorder.recordAt(placeOf(event), event.type === 'cut' ? 'cut' : 'copy', { characters: text.length });
  };
  document.addEventListener('copy', take);
  document.addEventListener('cut', take);
  document.addEventListener('paste', (event) => {
    const text = event.clipboardData?.getData('text/plain') ?? '';
    const place = placeOf(event);
    if (text === '' || place.cell === null || !isInEditor(event)) return;
    const own = isOwnText(text, copied);
    recorder.recordAt(place, 'paste', { characters: text.length, own, ...(keepsText ? { text } : {}) });
    if (!own) pasted();
  });
}

function isInEditor({ target }: Event): boolean {
  return target instanceof Element && target.closest('.cm-content[contenteditable="true"]') !== null;
}

/** The cell, and its task; the selection's where the event itself is the whole page's. */
function placeOf({ target }: Event): Place {
  const node = target === document.body ? (getSelection()?.anchorNode ?? null) : target;
  const element = node instanceof Element ? node : node instanceof Node ? node.parentElement : null;
  const cell = element?.closest<HTMLElement>('[data-cell]')?.dataset.cell;
  const task = element?.closest<HTMLElement>('[data-task]')?.dataset.task;
  return { cell: cell ?? null, task: task ?? null };
}
