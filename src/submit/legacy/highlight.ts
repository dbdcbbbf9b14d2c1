import { pythonTokens } from './python-tokens.js';
import type { Token } from './token.js';

/** Python as Pygments' HtmlFormatter writes it: surveys bring a stylesheet for its classes. */
export function highlightPython(code: string): string {
  return block(merged(pythonTokens(asPygmentsReads(code))));
}

/** The same without colours. */
export function plainPython(code: string): string {
  return block([{ class: '', text: asPygmentsReads(code) }]);
}

function block(tokens: readonly Token[]): string {
  return `<div class="highlight"><pre><span></span>${tokens.map(spans).join('')}</pre></div>\n`;
}

/** \n at line ends, one at the end, none before the first line. */
function asPygmentsReads(code: string): string {
  const text = code.replaceAll(/\r\n?/g, '\n');
  let [from, to] = [0, text.length];
  while (text[from] === '\n') from += 1;
  while (to > from && text[to - 1] === '\n') to -= 1;
  return `${text.slice(from, to)}\n`;
}

/** Neighbours of one class are one span. */
function merged(tokens: readonly Token[]): Token[] {
  const result: Token[] = [];
  for (const token of tokens) {
    const last = result.at(-1);
    if (token.text === '') continue;
    if (last?.class === token.class) result[result.length - 1] = { ...last, text: last.text + token.text };
    else result.push(token);
  }
  return result;
}

/** A span ends with its line, so that a survey can number or cut lines. */
function spans(token: Token): string {
  return token.text
    .split('\n')
    .map((line) =>
      line === '' || token.class === '' ? escaped(line) : `<span class="${token.class}">${escaped(line)}</span>`,
    )
    .join('\n');
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => ESCAPES[sign]!);
