/** Shows what a program displays: of the forms that it offers, the richest that can be shown safely. */
import { CUT_KEY } from './cell-outputs.js';
import type { MimeBundle } from './document.js';
import { element } from './dom.js';
import { jsonTree } from './json-view.js';
import { renderOutputMarkdown } from './markdown.js';
import { latexText, typeset } from './math.js';
import { fill, type Messages } from './messages.js';
import { picture, PICTURE_TYPES, setSize, type PictureType } from './picture.js';
import { sanitised } from './sanitise.js';
import { terminal } from './terminal-view.js';

/** Longer Markdown is shown as text: rendering it would hold up the page. */
const LONGEST_MARKDOWN = 100_000;
const WIDGET = 'application/vnd.jupyter.widget-view+json';

export interface Bundle {
  readonly data: MimeBundle;
  readonly metadata: MimeBundle;
}

export function bundleView(bundle: Bundle, texts: Messages): HTMLElement {
  const cut = bundle.metadata[CUT_KEY];
  if (typeof cut === 'number')
    return note(fill(texts.outputCut, { characters: cut.toLocaleString(document.documentElement.lang) }));
  const { data } = bundle;
  return (
    pictureOf(bundle, texts) ??
    htmlOf(data, texts) ??
    markdownOf(data) ??
    latexOf(data) ??
    jsonOf(data) ??
    scriptOf(data, texts) ??
    widgetOf(data, texts) ??
    terminal(textOf(data, 'text/plain') ?? '', 'result')
  );
}

function pictureOf({ data, metadata }: Bundle, texts: Messages): HTMLElement | null {
  const type = PICTURE_TYPES.find((candidate) => textOf(data, candidate) !== null);
  if (!type) return null;
  const about = pictureMetadata(metadata, type);
  const shown = picture(type, textOf(data, type)!, typeof about.alt === 'string' ? about.alt : texts.imageAlt);
  shown.className = 'rich picture';
  setSize(shown, about);
  shown.addEventListener('error', () => {
    shown.replaceWith(note(texts.imageBroken));
  });
  return shown;
}

function pictureMetadata(metadata: MimeBundle, type: PictureType): Readonly<Record<string, unknown>> {
  const about = metadata[type];
  return typeof about === 'object' && about !== null ? (about as Record<string, unknown>) : {};
}

function htmlOf(data: MimeBundle, texts: Messages): HTMLElement | null {
  const html = textOf(data, 'text/html');
  if (html === null) return null;
  const shown = element('div', { class: 'rich html' }, sanitised(html));
  shown.querySelectorAll('th').forEach(emptyHeaderToCell);
  if (shown.querySelector('img, hr, progress, meter') || shown.textContent.trim() !== '') return shown;
  return refused(texts.scriptNotRun, textOf(data, 'text/plain') ?? html);
}

/** The corner of a table of pandas: a header without words tells a screen reader nothing. */
function emptyHeaderToCell(header: HTMLTableCellElement): void {
  if (header.textContent.trim() !== '' || header.childElementCount > 0) return;
  const { colSpan, rowSpan } = header;
  header.replaceWith(Object.assign(element('td', {}), { colSpan, rowSpan }));
}

function markdownOf(data: MimeBundle): HTMLElement | null {
  const markdown = textOf(data, 'text/markdown');
  if (markdown === null) return null;
  if (markdown.length > LONGEST_MARKDOWN) return terminal(markdown, 'result');
  return element('div', { class: 'rich prose' }, renderOutputMarkdown(markdown));
}

function latexOf(data: MimeBundle): HTMLElement | null {
  const latex = textOf(data, 'text/latex');
  if (latex === null) return null;
  const shown = element('div', { class: 'rich latex' }, ...latexText(latex));
  void typeset(shown);
  return shown;
}

function jsonOf(data: MimeBundle): HTMLElement | null {
  return 'application/json' in data ? jsonTree(data['application/json']) : null;
}

function scriptOf(data: MimeBundle, texts: Messages): HTMLElement | null {
  const script = textOf(data, 'application/javascript') ?? textOf(data, 'text/javascript');
  return script === null ? null : refused(texts.scriptNotRun, script);
}

function widgetOf(data: MimeBundle, texts: Messages): HTMLElement | null {
  return WIDGET in data ? refused(texts.widgetNotShown, textOf(data, 'text/plain') ?? '') : null;
}

/** What is not run or shown: said in words, with its text below. */
function refused(why: string, text: string): HTMLElement {
  return element('div', {}, note(why), terminal(text, 'result'));
}

function note(text: string): HTMLElement {
  return element('p', { class: 'output-note' }, text);
}

/** nbformat allows a text as one string or as a list of lines. */
function textOf(data: MimeBundle, type: string): string | null {
  const value = data[type];
  if (typeof value === 'string') return value;
  return Array.isArray(value) && value.every((line) => typeof line === 'string') ? value.join('') : null;
}
