/** Where mathematics stands in a text (free of the DOM). */
import type MarkdownIt from 'markdown-it';

export interface MathPart {
  readonly math: boolean;
  readonly text: string;
  readonly display: boolean;
}

/** Longer ones are shown as they are: looking for their ends would take too long. */
export const LONGEST_LATEX = 20_000;

const MATH = new RegExp(
  [
    String.raw`\$\$(?<dollars>[^$]+)\$\$`,
    String.raw`\$(?<dollar>(?:\\.|[^$\\])+)\$`,
    String.raw`\\\[(?<square>[\s\S]+?)\\\]`,
    String.raw`\\\((?<round>[\s\S]+?)\\\)`,
    String.raw`(?<environment>\\begin\{(?<name>\w+\*?)\}[\s\S]+?\\end\{\k<name>\})`,
  ].join('|'),
  'g',
);

/** The parts of a `text/latex`. */
export function mathParts(latex: string): MathPart[] {
  if (latex.length > LONGEST_LATEX) return [{ math: false, text: latex, display: false }];
  const parts: MathPart[] = [];
  let end = 0;
  for (const match of latex.matchAll(MATH)) {
    const { dollars, dollar, square, round, environment } = match.groups ?? {};
    if (match.index > end) parts.push({ math: false, text: latex.slice(end, match.index), display: false });
    const inline = dollar ?? round;
    parts.push({ math: true, text: inline ?? dollars ?? square ?? environment ?? '', display: inline === undefined });
    end = match.index + match[0].length;
  }
  if (end < latex.length) parts.push({ math: false, text: latex.slice(end), display: false });
  return parts;
}

/** Adds `$…$` and `$$…$$` to a Markdown renderer: the source in an element that can be typeset later. */
export function addMath(renderer: ReturnType<typeof MarkdownIt>): void {
  renderer.inline.ruler.after('escape', 'math', (state, silent) => {
    const found = mathAt(state.src, state.pos);
    if (!found) return false;
    if (!silent) state.push(found.display ? 'math_display' : 'math_inline', '', 0).content = found.text;
    state.pos += found.length;
    return true;
  });
  renderer.block.ruler.before('fence', 'math', (state, startLine, endLine, silent) => {
    const start = state.bMarks[startLine]! + state.tShift[startLine]!;
    const found = state.src.startsWith('$$', start) ? mathAt(state.src, start) : null;
    if (!found) return false;
    const last = state.src.slice(start, start + found.length).split('\n').length - 1 + startLine;
    if (last >= endLine || state.src.slice(start + found.length, state.eMarks[last]).trim() !== '') return false;
    if (!silent) state.push('math_display', '', 0).content = found.text;
    state.line = last + 1;
    return true;
  });
  for (const kind of ['inline', 'display']) {
    renderer.renderer.rules[`math_${kind}`] = (tokens, index) =>
      `<code data-math="${kind}">${renderer.utils.escapeHtml(tokens[index]!.content)}</code>`;
  }
}

/** As Pandoc reads it: `$5 and $6` is money. The next dollar ends it, or none does. */
function mathAt(source: string, at: number): { text: string; display: boolean; length: number } | null {
  if (source[at] !== '$') return null;
  const mark = source[at + 1] === '$' ? '$$' : '$';
  const start = at + mark.length;
  let end = source.indexOf('$', start);
  while (end > 0 && isEscaped(source, end)) end = source.indexOf('$', end + 1);
  if (end <= start || !source.startsWith(mark, end)) return null;
  const text = source.slice(start, end);
  const isMoney = mark === '$' && (/^\s|\s$/.test(text) || /\d/.test(source[end + 1] ?? ''));
  if (isMoney || text.trim() === '') return null;
  return { text: text.trim(), display: mark === '$$', length: end + mark.length - at };
}

function isEscaped(source: string, at: number): boolean {
  let slashes = 0;
  while (source[at - slashes - 1] === '\\') slashes++;
  return slashes % 2 === 1;
}
