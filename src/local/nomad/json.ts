import { randomBytes } from 'node:crypto';

/** JSON.stringify knows no bigint: they go in as marked strings and the marks are taken off again. */
const mark = randomBytes(12).toString('hex');
const marked = new RegExp(`"${mark}(\\d+)"`, 'g');

/** JSON with times in nanoseconds as plain integers, as Go writes them. */
export function stringify(value: unknown, pretty = false): string {
  const plain = (_key: string, item: unknown) => (typeof item === 'bigint' ? `${mark}${item}` : item);
  const text = JSON.stringify(value, plain, pretty ? 4 : 0);
  return text.replace(marked, '$1');
}

export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function without<T extends object, K extends keyof T & string>(item: T, ...fields: K[]): Omit<T, K> {
  const rest = Object.entries(item).filter(([field]) => !fields.some((left) => left === field));
  return Object.fromEntries(rest) as Omit<T, K>;
}

/** Keys in one order, so that two jobs that say the same are the same text. */
export function sortedText(value: unknown): string {
  return stringify(sortKeys(value));
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortKeys(value[key])]),
  );
}
