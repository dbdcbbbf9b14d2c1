/** Plots as SVG that a page takes in: drawn here, coloured by the page's own style sheet, so that they follow its colour scheme. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

/** Nothing but a place to make elements in; its type is one of browsers, which this program does not know. */
const { document } = parseHTML('<!doctype html><html></html>') as unknown as { readonly document: never };

/** Wide enough for long names; on a narrow screen the figure is scrolled. */
const WIDTH = 660;

/** For who cannot tell colours apart, and for paper; a page has the pattern once, see `patterns`. */
export const hatched = 'url(#hatched)';

/** What `hatched` refers to: stands on a page before its plots. */
export const patterns =
  '<svg class="patterns" width="0" height="0" aria-hidden="true"><defs>' +
  '<pattern id="hatched" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">' +
  '<rect width="6" height="6" fill="var(--card)"/><rect width="2.5" height="6" fill="var(--accent)"/></pattern></defs></svg>';

/** @param label what it shows: the numbers themselves stand in a table beside it */
export function drawn(label: string, options: Plot.PlotOptions): string {
  const svg = Plot.plot({
    width: WIDTH,
    className: 'plot',
    ...options,
    document,
  }) as unknown as Element;
  // The page's policy takes no style of ours within it; what this one says stands in the style sheet.
  svg.querySelector('style')?.remove();
  for (const part of svg.querySelectorAll('[aria-label]')) part.removeAttribute('aria-label');
  // Its own size follows from the view box.
  for (const name of ['font-family', 'font-size']) svg.removeAttribute(name);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  return svg.outerHTML;
}

/** As much of the DOM as is needed here. */
interface Element {
  querySelector(selector: string): { remove(): void } | null;
  querySelectorAll(selector: string): Iterable<{ removeAttribute(name: string): void }>;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  readonly outerHTML: string;
}
