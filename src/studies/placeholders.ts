/** Replaces `%key%` in one pass: a value that looks like a placeholder stays as it is, and so does an unknown placeholder. */
export function fillPlaceholders(text: string, values: ReadonlyMap<string, string>): string {
  if (values.size === 0) return text;
  // Only the known keys are looked for: in `%s%library%` a search for any key would take `%s%` and miss `%library%`.
  const known = new RegExp(`%(${[...values.keys()].map((key) => key.replace('.', String.raw`\.`)).join('|')})%`, 'g');
  return text.replace(known, (_, key: string) => values.get(key)!);
}
