/** What the schema holds against a study's definition, in the words of somebody who writes YAML. */
import type { z } from 'zod';
import type { DefinitionProblem } from './definition-problem.js';
import { fieldsAt, type JsonSchema } from './json-schema.js';
import { nearest } from './nearest.js';

type Issue = z.core.$ZodIssue;

interface Place {
  readonly given: unknown;
  readonly schema: JsonSchema;
}

export function shapeProblems(issues: readonly Issue[], place: Place): DefinitionProblem[] {
  return issues.flatMap((issue) => problemsOf(issue, place));
}

function problemsOf(issue: Issue, place: Place): DefinitionProblem[] {
  const path = issue.path as (string | number)[];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], ofKey: true, message: unknownField(key, path, place) }));
    case 'invalid_key':
      // The library itself says only that it is invalid; why stands one level deeper.
      return [{ path, ofKey: true, message: issue.issues[0]?.message ?? issue.message }];
    case 'invalid_type':
      return [{ path, message: wrongType(issue, valueAt(place.given, path)) }];
    case 'invalid_value':
      return [{ path, message: wrongWord(issue.values.map(String), valueAt(place.given, path)) }];
    case 'invalid_union': {
      const meant = meantOf(issue);
      if (meant === undefined) return [{ path, message: issue.message }];
      return shapeProblems(
        meant.map((inner) => ({ ...inner, path: [...path, ...inner.path] })),
        place,
      );
    }
    case 'too_small':
      return [{ path, message: isOwn(issue) ? issue.message : `expected ${atLeast(issue)}` }];
    case 'too_big':
      return [{ path, message: isOwn(issue) ? issue.message : `expected ${atMost(issue)}` }];
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'not_multiple_of':
      return [{ path, message: issue.message }];
  }
}

/** Whether the schema has words of its own for it, better than any general ones. */
const isOwn = ({ message }: Issue): boolean => !message.startsWith('Too ');

function atLeast({ origin, minimum, inclusive }: Issue & { code: 'too_small' }): string {
  const unit = unitOf(origin, minimum);
  if (unit === undefined) return `a number ${inclusive === false ? 'greater than' : 'of at least'} ${minimum}`;
  return origin === 'string' && Number(minimum) === 1 ? 'a text that is not empty' : `at least ${minimum} ${unit}`;
}

function atMost({ origin, maximum, inclusive }: Issue & { code: 'too_big' }): string {
  const unit = unitOf(origin, maximum);
  if (unit === undefined) return `a number ${inclusive === false ? 'less than' : 'of at most'} ${maximum}`;
  return `at most ${maximum} ${unit}`;
}

function unitOf(origin: string, count: number | bigint): string | undefined {
  const one = Number(count) === 1;
  if (origin === 'string') return one ? 'character' : 'characters';
  return origin === 'array' ? (one ? 'item' : 'items') : undefined;
}

/** Of several alternatives the one that was meant: of the right type, and with the fewest problems. */
function meantOf({ errors }: Issue & { code: 'invalid_union' }): Issue[] | undefined {
  const possible = errors.filter((issues) => !issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0));
  const [best, next] = possible.toSorted((a, b) => weight(a) - weight(b));
  return best !== undefined && (next === undefined || weight(best) < weight(next)) ? best : undefined;
}

/** Each unknown field is a problem. */
function weight(issues: readonly Issue[]): number {
  return issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
}

function unknownField(key: string, path: readonly (string | number)[], { schema }: Place): string {
  const known = fieldsAt(schema, path);
  const like = nearest(key, known);
  const hint = like === undefined ? `there are: ${known.join(', ')}` : `did you mean \`${like}\`?`;
  return `there is no field \`${key}\` here; ${hint}`;
}

function wrongType({ expected }: Issue & { code: 'invalid_type' }, given: unknown): string {
  const wanted = typeWords[expected] ?? expected;
  return given === undefined ? `is missing: expected ${wanted}` : `expected ${wanted}, not ${described(given)}`;
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list (each item on a line of its own, after a dash)',
  object: 'fields (each on a line of its own, `name: value`)',
  record: 'fields (each on a line of its own, `name: value`)',
};

function described(given: unknown): string {
  if (given === null) return 'nothing';
  if (Array.isArray(given)) return 'a list';
  if (typeof given === 'object') return 'fields';
  return typeof given === 'string' ? `the text "${shortened(given)}"` : JSON.stringify(given);
}

function wrongWord(words: readonly string[], given: unknown): string {
  const expected = words.length === 1 ? words[0]! : `one of ${words.join(', ')}`;
  if (given === undefined) return `is missing: expected ${expected}`;
  const like = typeof given === 'string' ? nearest(given, words) : undefined;
  return `expected ${expected}, not ${described(given)}${like === undefined ? '' : `; did you mean ${like}?`}`;
}

const shortened = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);

function valueAt(given: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined),
    given,
  );
}
