import { pythonLanguage } from '@codemirror/lang-python';
import { classHighlighter, highlightCode } from '@lezer/highlight';
import MarkdownIt from 'markdown-it';
import { typeset } from './math.js';
import { addMath } from './math-text.js';
import { sanitised, sanitisedTask } from './sanitise.js';

const renderer = new MarkdownIt({ html: true, linkify: true, highlight: highlightPython });
/** What a program prints as Markdown is not to be trusted with HTML. */
const outputRenderer = new MarkdownIt({ html: false, linkify: true });
addMath(renderer);
addMath(outputRenderer);

export function renderMarkdown(source: string): DocumentFragment {
  const rendered = sanitisedTask(renderer.render(source));
  void typeset(rendered);
  return rendered;
}

export function renderOutputMarkdown(source: string): DocumentFragment {
  const rendered = sanitised(outputRenderer.render(source));
  void typeset(rendered);
  return rendered;
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
