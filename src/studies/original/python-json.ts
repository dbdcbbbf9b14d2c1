/** JSON as Python's `json.dump(…, indent=4)` writes it, byte by byte. */

/** A number that Python writes with a point. */
export class PythonFloat {
  constructor(readonly value: number) {}
}

export function pythonJson(value: unknown, indent = ''): string {
  const inner = `${indent}    `;
  if (value instanceof PythonFloat) return Number.isInteger(value.value) ? value.value.toFixed(1) : String(value.value);
  if (typeof value === 'string') return pythonString(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const [open, close, parts] = Array.isArray(value)
    ? ['[', ']', value.map((each) => pythonJson(each, inner))]
    : ['{', '}', Object.entries(value).map(([key, each]) => `${pythonString(key)}: ${pythonJson(each, inner)}`)];
  if (parts.length === 0) return open + close;
  return `${open}\n${parts.map((part) => inner + part).join(',\n')}\n${indent}${close}`;
}

function pythonString(text: string): string {
  return JSON.stringify(text).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
