/** Python code as tokens with the class names of Pygments, from the parse tree that the notebook's editor uses too. */
import { parser } from '@lezer/python';
import * as names from './pygments-names.js';
import { stringKind } from './python-strings.js';
import type { Token } from './token.js';

/** Each character of the code is in one token, in order; of incomplete code too. */
export function pythonTokens(code: string): Token[] {
  const walk = new Walk(code);
  // Without recursion of ours: code may be nested deeper than a stack is.
  parser.parse(code).iterate({
    enter: ({ name, from, to, type, node }) => {
      const isLeaf = type.isError || node.firstChild === null;
      return walk.enter({ name, from, to, isError: type.isError, isLeaf });
    },
    leave: ({ to }) => {
      walk.leave(to);
    },
  });
  return walk.tokens;
}

interface Node {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly isError: boolean;
  readonly isLeaf: boolean;
}

type Reading = (text: string) => Token[];

/** A node that is open, and what was seen of it. */
interface Open {
  readonly name: string;
  /** What the text between its children is. */
  readonly between: Reading;
  /** The kind of the string that it is part of. */
  readonly content: Reading | undefined;
  readonly children: Set<string>;
  before: string;
}

class Walk {
  readonly tokens: Token[] = [];
  private readonly open: Open[] = [];
  private at = 0;

  constructor(private readonly code: string) {}

  /** False where the inside of the node is not looked at. */
  enter(node: Node): boolean {
    const parent = this.open.at(-1);
    // Escapes in a string: the string's own text is read as a whole.
    if (isString(parent?.name) && node.name !== 'FormatReplacement') return false;
    if (parent !== undefined) this.fill(node.from, parent.between);
    const goesIn = isString(node.name) || !node.isLeaf;
    if (goesIn) this.push(node, parent);
    else this.add(node.to, this.leaf(node, parent));
    if (parent !== undefined) this.remember(parent, node.name);
    return goesIn;
  }

  leave(to: number): void {
    this.fill(to, this.open.pop()!.between);
  }

  private push({ name, from, to }: Node, parent: Open | undefined): void {
    let content = parent?.content;
    let between: Reading = plainTokens;
    if (isString(name)) {
      const kind = stringKind(this.code.slice(from, to), this.startsLine(from));
      this.add(from + kind.prefix.length, [{ class: 'sa', text: kind.prefix }]);
      between = content = kind.content;
    } else if (name === 'FormatReplacement') between = signs;
    else if (name === 'FormatSpec' && content !== undefined) between = content;
    this.open.push({ name, between, content, children: new Set(), before: '' });
  }

  private leaf(node: Node, parent: Open | undefined): Token[] {
    const text = this.code.slice(node.from, node.to);
    if (node.name === 'Comment') return [{ class: node.from === 0 && text.startsWith('#!') ? 'ch' : 'c1', text }];
    if (node.name === 'Number') return numberTokens(text);
    const named = node.isError || parent === undefined ? undefined : classByPlace(node.name, text, parent);
    return named === undefined ? plainTokens(text) : [{ class: named, text }];
  }

  private remember(parent: Open, name: string): void {
    parent.before = name;
    parent.children.add(name);
  }

  private fill(to: number, reading: Reading): void {
    if (to > this.at) this.add(to, reading(this.code.slice(this.at, to)));
  }

  private add(to: number, tokens: readonly Token[]): void {
    for (const token of tokens) this.tokens.push(token);
    this.at = to;
  }

  private startsLine(from: number): boolean {
    let at = from;
    while (this.code[at - 1] === ' ' || this.code[at - 1] === '\t') at -= 1;
    return at === 0 || this.code[at - 1] === '\n';
  }
}

const isString = (name: string | undefined): boolean => name === 'String' || name === 'FormatString';

/** Between the parts of `{…}` in an f-string. */
const signs: Reading = (text) => [{ class: text.trim() === '' ? '' : 'si', text }];

const REPLACEMENT_SIGNS: ReadonlySet<string> = new Set(['{', '}', 'FormatConversion', 'FormatSelfDoc']);

function numberTokens(text: string): Token[] {
  const isImaginary = /j$/i.test(text);
  const digits = isImaginary ? text.slice(0, -1) : text;
  const base = { x: 'mh', o: 'mo', b: 'mb' }[/^0([xob])/i.exec(digits)?.[1]?.toLowerCase() ?? ''];
  const kind = base ?? (/[.e]/i.test(digits) ? 'mf' : 'mi');
  return [{ class: kind, text: digits }, ...(isImaginary ? [{ class: 'n', text: text.slice(-1) }] : [])];
}

/** What Pygments tells from the words before, the tree from the place. */
function classByPlace(name: string, text: string, parent: Open): string | undefined {
  const { before } = parent;
  if (parent.name === 'FormatReplacement' && REPLACEMENT_SIGNS.has(name)) return 'si';
  if (parent.name === 'FormatSpec' && name === ':') return 'si';
  if (parent.name === 'ImportStatement') return classInImport(name, text, parent.children);
  if (before === 'def') return names.magicFunctions.has(text) ? 'fm' : 'nf';
  if (before === 'class') return 'nc';
  if (parent.name === 'Decorator' && (name === 'At' || before === 'At')) return 'nd';
  if (parent.name === 'RaiseStatement' && name === 'from') return 'kn';
  if (parent.name === 'RaiseStatement' && before === 'from' && name === 'VariableName') return 'nn';
  // After a dot a built-in's name is a mere name; a variable may be called like a soft keyword, such as `match`.
  if (name === 'PropertyName') return magicClass(text) ?? 'n';
  if (name === 'VariableName') return nameClass(text);
  return undefined;
}

function classInImport(name: string, text: string, seen: ReadonlySet<string>): string | undefined {
  if (name === 'import' || name === 'from') return 'kn';
  if (name === 'as') return 'k';
  if (seen.has('from') && seen.has('import')) return name === 'VariableName' ? nameClass(text) : undefined;
  return name === ',' ? 'o' : 'nn';
}

const magicClass = (text: string): string | undefined =>
  names.magicFunctions.has(text) ? 'fm' : names.magicVariables.has(text) ? 'vm' : undefined;

function nameClass(text: string): string {
  if (names.builtins.has(text)) return 'nb';
  if (names.pseudoBuiltins.has(text)) return 'bp';
  if (names.exceptions.has(text)) return 'ne';
  return magicClass(text) ?? 'n';
}

const PLAIN = /(?<word>[\p{L}\p{N}_]+)|(?<o>:=|[-!~+/*%=<>&^|.@]+)|(?<p>[\][{}:(),;]+)|[^]/gu;

/** Words and signs whose place does not matter. */
function plainTokens(text: string): Token[] {
  return [...text.matchAll(PLAIN)].map(({ 0: part, groups = {} }) => {
    if (groups['word'] !== undefined) return { class: wordClass(part), text: part };
    return { class: groups['p'] !== undefined ? 'p' : groups['o'] !== undefined ? 'o' : '', text: part };
  });
}

function wordClass(text: string): string {
  if (names.constants.has(text)) return 'kc';
  if (names.wordOperators.has(text)) return 'ow';
  return names.keywords.has(text) ? 'k' : nameClass(text);
}
