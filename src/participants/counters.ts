/**
 * A study's counters, kept in the transaction that changes what they count, so that no decision counts rows.
 * Whoever locks them holds all other locks that it needs already (an instance, then a participant, then the counters):
 * one order, no deadlocks, and the time for which others wait is short.
 */
import type { Queryable } from '../platform/postgres/database.js';

export type CounterName = 'inFlight' | 'completed' | 'givenBack' | 'position' | 'draws';

export interface Change {
  readonly scope: string;
  readonly name: CounterName;
  readonly by: number;
}

export class Counters {
  constructor(private readonly values: ReadonlyMap<string, number>) {}

  get(scope: string, name: CounterName): number {
    return this.values.get(`${name} ${scope}`) ?? 0;
  }

  taken(scope: string): number {
    return this.get(scope, 'inFlight') + this.get(scope, 'completed');
  }
}

/** The scope of a condition; in a stratum, or in the whole study. */
export const conditionScope = (condition: number, stratum: string | null): string =>
  stratum === null ? `condition:${condition}` : `stratum:${stratum} condition:${condition}`;

/** The scope of a stratum's sequence. */
export const sequenceScope = (stratum: string | null): string => (stratum === null ? 'study' : `stratum:${stratum}`);

/** All whom a place in a condition is counted for. */
export function placeScopes(condition: number, stratum: string | null): string[] {
  return [...new Set(['study', conditionScope(condition, null), conditionScope(condition, stratum)])];
}

export async function lockCounters(client: Queryable, studyId: string, scopes: readonly string[]): Promise<Counters> {
  const { rows } = await client.query<{ scope: string; name: string; value: string }>(
    'select scope, name, value from lock_counters($1, $2)',
    [studyId, scopes],
  );
  return new Counters(new Map(rows.map(({ scope, name, value }) => [`${name} ${scope}`, Number(value)])));
}

/** To be called with the counters locked. */
export async function changeCounters(client: Queryable, studyId: string, changes: readonly Change[]): Promise<void> {
  // A row that is proposed with less than nothing would be refused before it is seen that there is one already.
  await client.query(
    `with change as (select * from unnest($2::text[], $3::text[], $4::bigint[]) c(scope, name, by)),
     less as (
       update counters set value = value + by from change
       where by < 0 and study_id = $1 and counters.scope = change.scope and counters.name = change.name)
     insert into counters (study_id, scope, name, value) select $1, scope, name, by from change where by > 0
     on conflict (study_id, scope, name) do update set value = counters.value + excluded.value`,
    [studyId, changes.map(({ scope }) => scope), changes.map(({ name }) => name), changes.map(({ by }) => by)],
  );
}
