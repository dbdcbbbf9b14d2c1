import { closest, distance } from 'fastest-levenshtein';

/** The known name that somebody who wrote this one probably meant: few of its letters are wrong, missing or too much. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const lowerCase = known.map((other) => other.toLowerCase());
  const best = closest(name.toLowerCase(), lowerCase);
  const wrong = distance(name.toLowerCase(), best);
  return wrong <= Math.ceil(best.length * 0.4) ? known[lowerCase.indexOf(best)] : undefined;
}
