import type { Queryable } from '../platform/postgres/database.js';

/** Where somebody comes from, as it is stored. */
export interface KnownAddress {
  /** A keyed hash of the address, another for each study: enough to count, and no way back. */
  readonly key: string;
  /** The address itself, where the study says so. */
  readonly kept: string | null;
}

/** One more start from this address today; false when that would be more than `cap`. */
export async function countStart(
  client: Queryable,
  studyId: string,
  { key }: KnownAddress,
  cap: number | null,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into counters (study_id, scope, name, value) values ($1, 'address:' || current_date, $2, 1)
     on conflict (study_id, scope, name) do update set value = counters.value + 1
       where $3::bigint is null or counters.value < $3`,
    [studyId, key, cap],
  );
  return rowCount === 1;
}

/** What was counted on the days before is needed for nothing. Returns how much it was. */
export async function forgetOldStarts(database: Queryable): Promise<number> {
  const { rowCount } = await database.query(
    `delete from counters where scope like 'address:%' and scope < 'address:' || current_date`,
  );
  return rowCount ?? 0;
}
