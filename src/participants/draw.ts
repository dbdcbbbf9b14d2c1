/** The question to `balance.ts`, made of a study and its counters. */
import type { Queryable } from '../platform/postgres/database.js';
import type { Balancing } from '../studies/balancing.js';
import type { Cell, Question, Rule } from './balance.js';
import { conditionScope, type Counters, sequenceScope } from './counters.js';

export interface ActiveCondition {
  readonly number: number;
  readonly name: string;
  readonly category: string;
}

/** Read before the counters are locked: a study with participants keeps its conditions. */
export async function activeConditions(client: Queryable, studyId: string): Promise<ActiveCondition[]> {
  const { rows } = await client.query<{ number: number; name: string; factors: Readonly<Record<string, string>> }>(
    'select number, name, factors from conditions where study_id = $1 and active order by number',
    [studyId],
  );
  if (rows.length === 0) throw new Error(`study ${studyId} has no active condition`);
  // jsonb forgets the order of the factors; the conditions' numbers follow it.
  const first = firstFactor(rows.map(({ factors }) => factors));
  return rows.map(({ number, name, factors }) => ({ number, name, category: first ? factors[first]! : '' }));
}

/** Of the factors with more than one level, the one that changes last: the first factor changes slowest. */
function firstFactor(conditions: readonly Readonly<Record<string, string>>[]): string | undefined {
  const changesAt = (name: string) => conditions.findIndex((factors) => factors[name] !== conditions[0]![name]);
  return Object.keys(conditions[0]!)
    .filter((name) => changesAt(name) > 0)
    .sort((a, b) => changesAt(b) - changesAt(a))[0];
}

export const scopesOf = (conditions: readonly ActiveCondition[], stratum: string | null): string[] => [
  ...new Set([
    'study',
    sequenceScope(stratum),
    ...conditions.flatMap(({ number }) => [conditionScope(number, null), conditionScope(number, stratum)]),
  ]),
];

export function questionOf(
  balancing: Balancing,
  conditions: readonly ActiveCondition[],
  counters: Counters,
  stratum: string | null,
): Question {
  return {
    rule: ruleOf(balancing, conditions),
    number: counters.get('study', 'draws') + 1,
    stratum,
    position: counters.get(sequenceScope(stratum), 'position'),
    cells: conditions.map(({ number, name, category }): Cell => {
      const scope = conditionScope(number, stratum);
      return {
        condition: number,
        category,
        weight: balancing.weights?.[name] ?? 1,
        taken: counters.taken(scope),
        givenBack: counters.get(scope, 'givenBack'),
        full: isFull(balancing, name, counters.taken(conditionScope(number, null))),
      };
    }),
  };
}

export const isFull = ({ quotas }: Balancing, name: string, taken: number): boolean =>
  taken >= (quotas[name] ?? Number.POSITIVE_INFINITY);

function ruleOf({ strategy, repeats, every, rare = [] }: Balancing, conditions: readonly ActiveCondition[]): Rule {
  switch (strategy) {
    case 'blocks':
      return { strategy, repeats: repeats ?? 1 };
    case 'rare-common': {
      const numbers = new Map(conditions.map(({ name, number }) => [name, number]));
      // Every tenth, as the original proposed.
      return { strategy, every: every ?? 10, rare: rare.map((name) => numbers.get(name)!) };
    }
    case 'least':
    case 'two-stage':
    case 'weighted':
      return { strategy };
  }
}

/** What the participant is balanced within; whose link does not say it is one group. */
export function stratumOf(
  { stratify }: Balancing,
  { origin, recruitment }: { readonly origin: string | null; readonly recruitment: Readonly<Record<string, string>> },
): string | null {
  if (stratify === undefined) return null;
  return (stratify === 'origin' ? origin : recruitment[stratify]) ?? '';
}
