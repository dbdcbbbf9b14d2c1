/** study.yaml as plain data that still knows on which line each thing stands. */
import { isNode, LineCounter, parseDocument, type Document as YamlDocument } from 'yaml';

export interface StudySource {
  readonly text: string;
  readonly value: unknown;
  lineOf(path: readonly (string | number)[]): number;
}

export class YamlProblems extends Error {
  override readonly name = 'YamlProblems';

  constructor(readonly problems: readonly { line?: number; message: string }[]) {
    super(problems.map(({ message }) => message).join('\n'));
  }
}

export function parseStudyYaml(text: string): StudySource {
  const lines = new LineCounter();
  const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  if (parsed.errors.length > 0) {
    throw new YamlProblems(parsed.errors.map(({ pos, message }) => ({ line: lineAt(pos[0]), message })));
  }
  return { text, value: plainValue(parsed), lineOf: (path) => lineAt(offsetOf(parsed, path)) };
}

/** The library gives up on aliases that would grow without end. */
function plainValue(parsed: YamlDocument.Parsed): unknown {
  try {
    return parsed.toJS();
  } catch (error) {
    throw new YamlProblems([{ message: error instanceof Error ? error.message : String(error) }]);
  }
}

/** Where the thing at the path begins; where it is missing, the nearest thing around it. */
function offsetOf(parsed: YamlDocument.Parsed, path: readonly (string | number)[]): number {
  for (let depth = path.length; depth > 0; depth--) {
    const node = parsed.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}
