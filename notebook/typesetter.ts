/** TeX as MathML, which the browser sets by itself: no fonts and no styles to load. */
import katex from 'katex';

/** Null where it is not understood. */
export function mathOf(tex: string, display: boolean): Element | null {
  const holder = document.createElement('span');
  try {
    // Not trusted: no links, no pictures, no attributes. Macros can neither stay nor grow without end.
    katex.render(tex, holder, {
      output: 'mathml',
      displayMode: display,
      trust: false,
      strict: false,
      maxExpand: 500,
      maxSize: 30,
    });
  } catch {
    return null;
  }
  return holder.querySelector('math');
}
