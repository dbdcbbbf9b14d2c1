import { z } from 'zod';
import type { LivePool, LiveSettings } from '../live-settings.js';

export type LiveValue = number | boolean | 'open' | 'paused';

/** The live settings as they lie in Consul: the key below the prefix, and what it holds. */
export type LiveValues = ReadonlyMap<string, LiveValue>;

export type Meaning =
  | { readonly of: 'pool'; readonly profile: string; readonly field: keyof LivePool }
  | { readonly of: 'study'; readonly id: string }
  | { readonly of: 'drain' };

const fields: Readonly<Record<string, keyof LivePool>> = { min: 'min', max: 'max', 'max-instances': 'maxInstances' };

/** What the key is about; undefined for a key that means nothing here. */
export function meaningOf(key: string): Meaning | undefined {
  if (key === 'drain') return { of: 'drain' };
  const [first, name, last, ...more] = key.split('/');
  if (name === undefined || last === undefined || more.length > 0) return undefined;
  if (first === 'study' && last === 'state') return { of: 'study', id: name };
  const field = fields[last];
  return first === 'pool' && field !== undefined ? { of: 'pool', profile: name, field } : undefined;
}

export const poolKey = (profile: string, bound: 'min' | 'max'): string => `pool/${profile}/${bound}`;

const count = (least: number) => {
  const expected = `a whole number of at least ${least}`;
  return z
    .string()
    .regex(/^\d{1,6}$/, expected)
    .transform(Number)
    .pipe(z.number().min(least, expected));
};
const states = z.enum(['open', 'paused'], '"open" or "paused"');
const flag = z.enum(['true', 'false'], '"true" or "false"').transform((text) => text === 'true');

/** What a value of this meaning must be; its errors are what was expected. */
export function ruleOf(meaning: Meaning): z.ZodType<LiveValue> {
  switch (meaning.of) {
    case 'drain':
      return flag;
    case 'study':
      return states;
    case 'pool':
      return count(meaning.field === 'maxInstances' ? 1 : 0);
  }
}

export function toLiveSettings(values: LiveValues): LiveSettings {
  const pools: Record<string, LivePool> = {};
  const studies: Record<string, 'open' | 'paused'> = {};
  for (const [key, value] of values) {
    const meaning = meaningOf(key);
    if (meaning?.of === 'pool') pools[meaning.profile] = { ...pools[meaning.profile], [meaning.field]: value };
    if (meaning?.of === 'study') studies[meaning.id] = value as 'open' | 'paused';
  }
  return { pools, studies, drain: values.get('drain') === true };
}
