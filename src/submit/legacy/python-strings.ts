/** The inside of Python's strings as Pygments sees it: prefix, escapes, and what formatting replaces. */
import type { Token } from './token.js';

// As in Pygments, but so that a hostile text takes no longer than its length: no two parts match the same characters.
/** `'%(name)5.1f' % …` */
const OLD_FORMAT = String.raw`%(?:\(\w+\))?[-#0 +]*(?:[1-9]\d*|\*)?(?:\.(?:\d+|\*))?[hlL]?[E-GXc-giorsaux%]`;
/** `'{name!r:>8}'.format(…)` */
const NEW_FORMAT = String.raw`\{(?:\w+(?:\.\w+|\[[^\][{}\n]+\])*)?(?:![sra])?(?::(?:.?[<>=^])?[-+ ]?#?0?\d*,?(?:\.\d+)?[E-GXb-gnosx%]?)?\}`;
const BYTES_ESCAPE = String.raw`\\(?:[\\abfnrtv"'\n]|x[a-fA-F0-9]{2}|[0-7]{1,3})`;
const TEXT_ESCAPE = String.raw`\\(?:N\{[^{}\n]*\}|u[a-fA-F0-9]{4}|U[a-fA-F0-9]{8})|${BYTES_ESCAPE}`;

export interface StringKind {
  readonly prefix: string;
  /** Its text without the prefix, the quotes included, or a part of it. */
  readonly content: (text: string) => Token[];
}

/** @param text the whole string; @param atLineStart whether only spaces stand before it: Pygments' mark of documentation */
export function stringKind(text: string, atLineStart: boolean): StringKind {
  const [, prefix = '', quotes = ''] = /^([a-z]*)("""|'''|"|')/i.exec(text) ?? [];
  const flags = prefix.toLowerCase();
  const isDocumentation = atLineStart && quotes.length === 3 && !flags.includes('f');
  const plain = isDocumentation ? 'sd' : quotes.startsWith("'") ? 's1' : 's2';
  const special = isDocumentation ? undefined : specialParts(flags, quotes);
  return { prefix, content: (part) => split(part, plain, special) };
}

function specialParts(flags: string, quotes: string): RegExp {
  const escapes: string[] = [];
  if (flags.includes('f')) escapes.push(String.raw`\{\{|\}\}`);
  if (!flags.includes('r')) escapes.push(flags.includes('b') ? BYTES_ESCAPE : TEXT_ESCAPE);
  if (quotes.length === 1) escapes.push(String.raw`\\\\|\\${quotes}|\\\n`);
  const interpolated = flags.includes('f') ? [] : [OLD_FORMAT, NEW_FORMAT];
  return new RegExp(`(?<se>${escapes.join('|') || '(?!)'})|(?<si>${interpolated.join('|') || '(?!)'})`, 'g');
}

function split(text: string, plain: string, special: RegExp | undefined): Token[] {
  if (special === undefined) return [{ class: plain, text }];
  const tokens: Token[] = [];
  let at = 0;
  for (const match of text.matchAll(special)) {
    tokens.push({ class: plain, text: text.slice(at, match.index) });
    tokens.push({ class: match.groups?.['se'] === undefined ? 'si' : 'se', text: match[0] });
    at = match.index + match[0].length;
  }
  tokens.push({ class: plain, text: text.slice(at) });
  return tokens;
}
