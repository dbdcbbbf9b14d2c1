import { type Database, openDatabase } from '../platform/postgres/database.js';
import { readSome } from '../platform/settings.js';

/** For a command that needs no more than the database. */
export async function withDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
  const { DATABASE_URL } = readSome(process.env, ['DATABASE_URL']);
  const database = openDatabase(DATABASE_URL, (error) => {
    throw error;
  });
  try {
    return await work(database);
  } finally {
    await database.end();
  }
}
