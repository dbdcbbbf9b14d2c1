/** The original's conditions as levels of one factor. */
import { ORDERING } from '../orderings/rows.js';
import type { EditorCondition } from './editor.js';

export interface Levels {
  /** Undefined where the original had no condition. */
  readonly factor: string | undefined;
  readonly levels: readonly { name: string; label?: string; values?: Record<string, string> }[];
  /** A text with its placeholders under the names that they have now. */
  readonly renamed: (text: string) => string;
}

const NAMES = ['condition', 'variant', 'group', 'version', 'arm'];

export function levelsOf(conditions: readonly EditorCondition[], texts: readonly string[], notes: string[]): Levels {
  const values = conditions.map(valuesOf);
  const keys = [...new Set(values.flatMap((some) => [...some.keys()]))];
  const names = newNames(keys, notes);
  const renamed = (text: string): string =>
    [...names].reduce((changed, [key, name]) => (key === name ? changed : changed.replaceAll(`%${key}%`, () => `%${name}%`)), text);
  if (conditions.length === 0) return { factor: undefined, levels: [], renamed };
  const own = NAMES.find((name) => names.get(name) === name && tellsApart(values.map((some) => some.get(name))));
  const isFree = (name: string): boolean => !keys.includes(name) && !texts.some((text) => text.includes(`%${name}%`));
  const factor = own ?? NAMES.find(isFree) ?? 'importedCondition';
  const levels = conditions.map(({ name }, index) => {
    const known = values[index]!;
    // A key that another condition has and this one has not stayed as it was.
    const entries = keys.filter((key) => key !== own).map((key) => [names.get(key)!, known.get(key) ?? `%${key}%`]);
    const level = own === undefined ? name : known.get(own)!;
    return {
      name: level,
      ...(level === name ? {} : { label: name }),
      ...(entries.length === 0 ? {} : { values: Object.fromEntries(entries) as Record<string, string> }),
    };
  });
  return { factor, levels, renamed };
}

/** As the original filled them in one after the other, later values are looked for in earlier ones too. */
function valuesOf({ pairs }: EditorCondition): Map<string, string> {
  const values = new Map<string, string>();
  for (const [index, { key, value }] of pairs.entries()) {
    const later = pairs.slice(index + 1);
    const whole = later.reduce((text, pair) => text.replaceAll(`%${pair.key}%`, () => pair.value), value);
    if (!values.has(key)) values.set(key, whole);
  }
  return values;
}

function tellsApart(values: readonly (string | undefined)[]): boolean {
  return values.every((value) => value !== undefined && value !== '' && value.length <= 100) && new Set(values).size === values.length;
}

function newNames(keys: readonly string[], notes: string[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const key of keys) {
    const plain = key.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=[^A-Za-z])/, 'key_').slice(0, 60);
    const base = /^task\d+$/.test(plain) || plain === ORDERING ? `${plain}_value` : plain;
    let name = base;
    const isTaken = (wanted: string): boolean => [...names.values()].includes(wanted) || (wanted !== key && keys.includes(wanted));
    for (let n = 2; isTaken(name); n += 1) name = `${base}_${n}`;
    if (name !== key) notes.push(`The placeholder %${key}% is called %${name}% now, in the texts too.`);
    names.set(key, name);
  }
  return names;
}
