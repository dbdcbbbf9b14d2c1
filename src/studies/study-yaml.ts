/** study.yaml as plain data that still knows where each thing stands. */
import { isCollection, isMap, isNode, LineCounter, parseDocument, type Document as YamlDocument } from 'yaml';
import type { DefinitionProblem } from './definition-problem.js';

export interface StudySource {
  readonly text: string;
  readonly value: unknown;
  placeOf(problem: Pick<DefinitionProblem, 'path' | 'ofKey'>): Place;
}

/** Counted from 1, as editors do. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export class YamlProblems extends Error {
  override readonly name = 'YamlProblems';

  constructor(readonly problems: readonly (Partial<Place> & { message: string })[]) {
    super(problems.map(({ message }) => message).join('\n'));
  }
}

export function parseStudyYaml(text: string): StudySource {
  const lines = new LineCounter();
  const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  if (parsed.errors.length > 0) {
    throw new YamlProblems(parsed.errors.map(({ pos, message }) => ({ ...placeAt(pos[0]), message })));
  }
  return { text, value: plainValue(parsed), placeOf: ({ path, ofKey }) => placeAt(offsetOf(parsed, path, ofKey === true)) };
}

/** The library gives up on aliases that would grow without end. */
function plainValue(parsed: YamlDocument.Parsed): unknown {
  try {
    return parsed.toJS();
  } catch (error) {
    throw new YamlProblems([{ message: error instanceof Error ? error.message : String(error) }]);
  }
}

/** Where the thing at the path begins, or the name of the field that it is; where it is missing, the nearest thing around it. */
function offsetOf(parsed: YamlDocument.Parsed, path: readonly (string | number)[], ofKey: boolean): number {
  for (let depth = path.length; depth > 0; depth--) {
    const [around, last] = [parsed.getIn(path.slice(0, depth - 1), true), path[depth - 1]];
    const owner = depth === 1 ? parsed.contents : around;
    const pair = isMap(owner) ? owner.items.find(({ key }) => String(key) === String(last)) : undefined;
    const value = parsed.getIn(path.slice(0, depth), true);
    // What begins on a line of its own is found by its name, and so is what is missing in it.
    const byName = ofKey || depth < path.length || (isCollection(value) && value.flow !== true);
    const node = pair !== undefined && byName ? pair.key : value;
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}
