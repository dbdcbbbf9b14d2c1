import { type LiveValue, type LiveValues, type Meaning, meaningOf, poolKey, ruleOf } from './keys.js';

/** A pool as the settings have it, which stand wherever Consul has no key. */
export interface PoolBounds {
  readonly name: string;
  readonly min: number;
  readonly max: number;
}

export interface Refused {
  readonly key: string;
  readonly read: string;
  readonly expected: string;
}

export interface Reading {
  /** What is in force, by key. */
  readonly values: LiveValues;
  readonly refused: readonly Refused[];
  /** Keys that mean nothing here. */
  readonly unknown: readonly string[];
}

/** Long enough to recognise it, short enough for a log line. */
const SHOWN = 60;

/**
 * Reads each key by itself: a value that cannot be used leaves the last good one of its key in force, and a key that is
 * gone leaves the setting in force.
 */
export function readEntries(
  entries: ReadonlyMap<string, string>,
  lastGood: LiveValues,
  pools: readonly PoolBounds[],
): Reading {
  const values = new Map<string, LiveValue>();
  const refused: Refused[] = [];
  const unknown: string[] = [];
  for (const [key, text] of entries) {
    const meaning = meaningOf(key);
    if (meaning === undefined) {
      unknown.push(key);
      continue;
    }
    const parsed = parse(meaning, text, pools);
    if ('value' in parsed) {
      values.set(key, parsed.value);
      continue;
    }
    refused.push({ key, read: shown(text), expected: parsed.expected });
    put(values, key, lastGood.get(key));
  }
  return { values, refused: [...refused, ...pools.flatMap((pool) => refuseCrossed(pool, values, lastGood))], unknown };
}

type Parsed = { readonly value: LiveValue } | { readonly expected: string };

function parse(meaning: Meaning, text: string, pools: readonly PoolBounds[]): Parsed {
  if (meaning.of === 'pool' && !pools.some(({ name }) => name === meaning.profile)) {
    return { expected: `a profile that there is: ${pools.map(({ name }) => name).join(', ')}` };
  }
  const result = ruleOf(meaning).safeParse(text.trim());
  return result.success ? { value: result.data } : { expected: result.error.issues[0]?.message ?? 'another value' };
}

/**
 * A pool's min must not exceed its max, whichever of the two Consul gives. Of what was read, the last good values and the
 * settings, the pair that agrees and is closest to what was read is in force; the settings by themselves always agree.
 */
function refuseCrossed(pool: PoolBounds, values: Map<string, LiveValue>, lastGood: LiveValues): Refused[] {
  const [minKey, maxKey] = [poolKey(pool.name, 'min'), poolKey(pool.name, 'max')];
  const [readMin, readMax] = [values.get(minKey), values.get(maxKey)];
  const choices = (key: string) => (values.has(key) ? [values.get(key), lastGood.get(key), undefined] : [undefined]);
  const pairs = choices(minKey).flatMap((min, i) => choices(maxKey).map((max, j) => ({ min, max, distance: i + j })));
  const { min, max } = pairs
    .filter((pair) => (pair.min ?? pool.min) <= (pair.max ?? pool.max))
    .reduce((best, pair) => (pair.distance < best.distance ? pair : best));
  put(values, minKey, min);
  put(values, maxKey, max);
  const refused: Refused[] = [];
  if (min !== readMin) {
    const expected = `at most the pool's max, ${max ?? pool.max}`;
    refused.push({ key: minKey, read: String(readMin), expected });
  }
  if (max !== readMax) {
    const expected = `at least the pool's min, ${min ?? pool.min}`;
    refused.push({ key: maxKey, read: String(readMax), expected });
  }
  return refused;
}

function put(values: Map<string, LiveValue>, key: string, value: LiveValue | undefined): void {
  if (value === undefined) values.delete(key);
  else values.set(key, value);
}

const shown = (text: string): string => JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
