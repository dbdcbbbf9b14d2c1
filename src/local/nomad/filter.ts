import { isObject } from './json.js';
import { NomadError } from './types.js';

type Predicate = (item: unknown) => boolean;

const comparison = /^\s*([A-Za-z_][\w.]*)\s*(==|!=)\s*("(?:[^"\\]|\\.)*"|`[^`]*`)\s*/;
const connective = /^(and|or)\s+/;

/** Nomad's filter expressions as far as we use them: comparisons with a string, joined by "and" and "or". */
export function parseFilter(expression: string): Predicate {
  const alternatives: Predicate[][] = [[]];
  let rest = expression;
  for (;;) {
    const match = comparison.exec(rest);
    if (!match) throw badFilter(expression, rest);
    const [text, selector = '', operator, quoted = ''] = match;
    const wanted = unquote(quoted);
    const path = selector.split('.');
    alternatives.at(-1)?.push((item) => (at(item, path) === wanted) === (operator === '=='));
    rest = rest.slice(text.length);
    if (rest === '') break;
    const joined = connective.exec(rest);
    if (!joined) throw badFilter(expression, rest);
    if (joined[1] === 'or') alternatives.push([]);
    rest = rest.slice(joined[0].length);
  }
  return (item) => alternatives.some((all) => all.every((predicate) => predicate(item)));
}

function unquote(quoted: string): string {
  return quoted.startsWith('`') ? quoted.slice(1, -1) : (JSON.parse(quoted) as string);
}

function at(item: unknown, path: string[]): unknown {
  const [field = ''] = path;
  if (!isObject(item) || !(field in item)) {
    const reason = `error finding value in datum: /${field} at part 0: couldn't find key`;
    throw new NomadError(400, `failed to read result page: ${reason}: struct field with name "${field}"`);
  }
  return path.reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), item);
}

function badFilter(expression: string, rest: string): NomadError {
  const offset = expression.length - rest.length;
  return new NomadError(
    400,
    `failed to create result paginator: failed to read filter expression: 1:${offset + 1} (${offset}): no match found`,
  );
}
