/** Reading a study's data as it is at one moment, however long it takes, in the form that the codebook names. */
import type pg from 'pg';
import { type Database, withoutLimits } from '../../platform/postgres/database.js';

export function readSnapshot<T>(
  database: Database,
  study: string,
  read: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  return withoutLimits(database, async (patient) => {
    const client = await patient.connect();
    // Within a copy there is no other way to stop it than to hang up.
    let broken = true;
    // A connection that is lost fails the query, which tells; without a listener it would end the process.
    client.on('error', () => undefined);
    try {
      await client.query('begin transaction isolation level repeatable read read only');
      await client.query(
        `select set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO', true), set_config('observatory.study', $1, true)`,
        [study],
      );
      const result = await read(client);
      await client.query('commit');
      broken = false;
      return result;
    } finally {
      client.release(broken);
    }
  });
}

/** What copies the JSON of a select's only column, a line a row. JSON has neither of these two characters as they are, so that nothing is quoted. */
export const copyLines = (select: string): string =>
  `copy (${select}) to stdout with (format csv, quote e'\\x01', delimiter e'\\x02')`;
