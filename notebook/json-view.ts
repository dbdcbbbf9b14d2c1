/** JSON as a tree to unfold. Branches are made when they are opened, so that neither size nor depth costs anything before. */
import { element } from './dom.js';

/** Entries shown at once. */
const PAGE = 100;

type Entry = readonly [name: string, value: unknown];

export function jsonTree(value: unknown): HTMLElement {
  const tree = element('div', { class: 'json' }, ...branch(null, value));
  const top = tree.querySelector('details');
  if (top) top.open = true;
  return tree;
}

function branch(name: string | null, value: unknown): (Node | string)[] {
  const label = name === null ? [] : [element('span', { class: 'json-name' }, name), ': '];
  if (typeof value !== 'object' || value === null) return [element('div', {}, ...label, leaf(value))];
  const entries = Object.entries(value);
  const size = Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`;
  return [unfolding(element('summary', {}, ...label, size), () => list(entries))];
}

function leaf(value: unknown): HTMLElement {
  const kind = value === null ? 'null' : typeof value;
  return element('span', { class: `json-${kind}` }, JSON.stringify(value) ?? '');
}

function list(entries: readonly Entry[]): (Node | string)[] {
  const shown = entries.slice(0, PAGE).flatMap(([name, value]) => branch(name, value));
  const rest = entries.slice(PAGE);
  if (rest.length === 0) return shown;
  return [...shown, unfolding(element('summary', {}, `… ${rest.length}`), () => list(rest))];
}

function unfolding(summary: HTMLElement, contents: () => (Node | string)[]): HTMLDetailsElement {
  const details = element('details', {}, summary);
  details.addEventListener(
    'toggle',
    () => {
      details.append(element('div', { class: 'json-entries' }, ...contents()));
    },
    { once: true },
  );
  return details;
}
