/** Mathematics on the page. The typesetter is large and is loaded only when there is something to typeset. */
import { element } from './dom.js';
import { mathParts } from './math-text.js';
import { sanitisedMath } from './sanitise.js';

/** A `text/latex`, to be typeset. */
export function latexText(latex: string): HTMLElement[] {
  const parts = mathParts(latex).map(({ math, text, display }) =>
    math ? element('code', { 'data-math': display ? 'display' : 'inline' }, text) : element('span', {}, text),
  );
  return [element('div', { class: 'latex' }, ...parts)];
}

/** Typesets what is marked; until then, and where it is not understood or the typesetter cannot be loaded, its source stands there. */
export async function typeset(within: ParentNode): Promise<void> {
  const marked = [...within.querySelectorAll<HTMLElement>('[data-math]')];
  if (marked.length === 0) return;
  const typesetter = await import('./typesetter.js').catch(() => null);
  if (!typesetter) return;
  for (const place of marked) {
    const math = typesetter.mathOf(place.textContent, place.dataset.math === 'display');
    if (math) place.replaceWith(sanitisedMath(math));
  }
}
