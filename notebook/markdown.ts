import { pythonLanguage } from '@codemirror/lang-python';
import { classHighlighter, highlightCode } from '@lezer/highlight';
import MarkdownIt from 'markdown-it';
import { sanitised, sanitisedOwn } from './sanitise.js';

const renderer = new MarkdownIt({ html: true, linkify: true, highlight: highlightPython });
/** What a program prints as Markdown is not to be trusted with HTML. */
const outputRenderer = new MarkdownIt({ html: false, linkify: true });

export function renderMarkdown(source: string): DocumentFragment {
  return sanitisedOwn(renderer.render(source));
}

export function renderOutputMarkdown(source: string): DocumentFragment {
  return sanitised(outputRenderer.render(source));
}

function highlightPython(code: string, language: string): string {
  if (!/^(python|py)\b/.test(language)) return '';
  const escape = renderer.utils.escapeHtml;
  let html = '';
  highlightCode(
    code,
    pythonLanguage.parser.parse(code),
    classHighlighter,
    (text, classes) => (html += classes ? `<span class="${classes}">${escape(text)}</span>` : escape(text)),
    () => (html += '\n'),
  );
  return html;
}
