import { NomadError } from './types.js';

/** A filter expression, read: Nomad's grammar (go-bexpr) without its `any` and `all`. */
export type Filter =
  | { kind: 'and' | 'or'; left: Filter; right: Filter }
  | { kind: 'not'; operand: Filter }
  | { kind: 'match'; path: string[]; operator: Operator; negated: boolean; value: string };

export type Operator = 'equal' | 'in' | 'matches' | 'empty';

/** Longest first: `is not empty` must not be read as `is`. A word stands apart, a sign need not. */
const operators: [pattern: RegExp, operator: Operator, negated: boolean][] = [
  [/\s*==\s*/y, 'equal', false],
  [/\s*!=\s*/y, 'equal', true],
  [/\s+contains\s+/y, 'in', false],
  [/\s+not\s+contains\s+/y, 'in', true],
  [/\s+matches\s+/y, 'matches', false],
  [/\s+not\s+matches\s+/y, 'matches', true],
];
const emptiness: typeof operators = [
  [/\s+is\s+empty/y, 'empty', false],
  [/\s+is\s+not\s+empty/y, 'empty', true],
];
const membership: typeof operators = [
  [/\s+in\s+/y, 'in', false],
  [/\s+not\s+in\s+/y, 'in', true],
];

export function parseFilter(expression: string): Filter {
  return new Parser(expression).parse();
}

/** Reads with backtracking. A part that does not match gives undefined and leaves the position where it was. */
class Parser {
  private at = 0;
  /** How far anything could be read: where the mistake is. */
  private furthest = 0;

  constructor(private readonly text: string) {}

  parse(): Filter {
    this.skip(/\s*/y);
    const filter = this.or();
    this.skip(/\s*/y);
    if (filter === undefined || this.at < this.text.length) throw this.bad('no match found', this.furthest);
    return filter;
  }

  private or(): Filter | undefined {
    const left = this.and();
    return left && (this.joined('or', left, () => this.or()) ?? left);
  }

  private and(): Filter | undefined {
    const left = this.not();
    return left && (this.joined('and', left, () => this.and()) ?? left);
  }

  private joined(kind: 'and' | 'or', left: Filter, read: () => Filter | undefined): Filter | undefined {
    return this.attempt(() => {
      const found = this.skip(/\s+/y) && this.skip(kind === 'or' ? /or/y : /and/y) && this.skip(/\s+/y);
      const right = found ? read() : undefined;
      return right && { kind, left, right };
    });
  }

  private not(): Filter | undefined {
    const negated = this.attempt(() => {
      const operand = this.skip(/not\s+/y) ? this.not() : undefined;
      return operand && ({ kind: 'not', operand } as const);
    });
    return negated ?? this.group() ?? this.match();
  }

  private group(): Filter | undefined {
    return this.attempt(() => {
      const inner = this.skip(/\(\s*/y) ? this.or() : undefined;
      if (!inner) return undefined;
      this.skip(/\s*/y);
      if (!this.skip(/\)/y)) throw this.bad('rule "grouping": Unmatched parentheses', this.at);
      return inner;
    });
  }

  private match(): Filter | undefined {
    const collection = /(any|all)\s+\S+\s+as\s/y;
    collection.lastIndex = this.at;
    if (collection.test(this.text)) throw new NomadError(501, 'Nomad stand-in: filters know no "any" and "all"');
    return (
      this.attempt(() => {
        const path = this.selector();
        const found = path && this.operator(operators);
        const value = found && this.value();
        return value === undefined ? undefined : { kind: 'match', path: path ?? [], ...found!, value };
      }) ??
      this.attempt(() => {
        const path = this.selector();
        const found = path && this.operator(emptiness);
        return found && { kind: 'match', path: path ?? [], ...found, value: '' };
      }) ??
      this.attempt(() => {
        const value = this.value();
        const found = value === undefined ? undefined : this.operator(membership);
        if (found === undefined) return undefined;
        const path = this.selector();
        if (!path) throw this.bad('rule "match": Invalid selector', this.at);
        return { kind: 'match', path, ...found, value: value ?? '' };
      })
    );
  }

  private operator(candidates: typeof operators) {
    this.attempt(() => (this.skip(/\s*/y), undefined));
    for (const [pattern, operator, negated] of candidates) if (this.skip(pattern)) return { operator, negated };
    return undefined;
  }

  /** `Meta.x`, `Meta["x"]`, `TaskGroups.0.Name`, or a JSON pointer in quotes. */
  private selector(): string[] | undefined {
    const pointer = this.take(/"((?:\/[\p{L}\p{N}_.~:|-]+)*)"/uy);
    if (pointer !== undefined) return pointer.slice(1, -1).split('/').slice(1);
    const first = this.take(/[a-zA-Z][a-zA-Z0-9_/]*/y);
    if (first === undefined) return undefined;
    const path = [first];
    for (;;) {
      const next = this.take(/\.(?:[a-zA-Z][a-zA-Z0-9_/]*|[0-9]+)/y)?.slice(1) ?? this.index();
      if (next === undefined) return path;
      path.push(next);
    }
  }

  private index(): string | undefined {
    if (!this.skip(/\[\s*/y)) return undefined;
    const name = this.quoted();
    if (name === undefined) throw this.bad('rule "index": Invalid index', this.at);
    if (!this.skip(/\s*\]/y)) throw this.bad('rule "index": Unclosed index expression', this.at);
    return name;
  }

  private value(): string | undefined {
    const selector = this.attempt(() => this.selector());
    // A pointer as a value loses its first slash, as in Nomad.
    return selector?.join('.') ?? this.number() ?? this.quoted();
  }

  private number(): string | undefined {
    const number = this.take(/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?/y);
    if (number !== undefined && !/^(?:[\s)]|$)/.test(this.text.slice(this.at))) {
      throw this.bad('rule "number": Invalid number literal', this.at);
    }
    return number;
  }

  private quoted(): string | undefined {
    const quoted = this.take(/`[^`]*`|"[^"]*"/y);
    if (quoted !== undefined) {
      return quoted.startsWith('`') ? quoted.slice(1, -1) : unescape(quoted);
    }
    if (this.skip(/[`"][^`"]*$/y)) throw this.bad('rule "string": Unterminated string literal', this.at);
    return undefined;
  }

  private skip(pattern: RegExp): boolean {
    return this.take(pattern) !== undefined;
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    this.at += found?.length ?? 0;
    this.furthest = Math.max(this.furthest, this.at);
    return found;
  }

  private attempt<T>(read: () => T | undefined): T | undefined {
    const start = this.at;
    const found = read();
    if (found === undefined) this.at = start;
    return found;
  }

  private bad(reason: string, offset: number): NomadError {
    const where = `1:${offset + 1} (${offset})`;
    return new NomadError(
      400,
      `failed to create result paginator: failed to read filter expression: ${where}: ${reason}`,
    );
  }
}

/** Go's escapes, as far as JSON has them too, and `\x`. */
function unescape(quoted: string): string {
  return JSON.parse(quoted.replace(/\\x([0-9a-fA-F]{2})/g, '\\u00$1')) as string;
}
