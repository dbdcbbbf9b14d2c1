import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import type { Database } from '../../src/platform/postgres/database.js';
import { packageRoot } from '../../src/platform/root.js';

/** The role that the docs make, without any setting of the connection. */
export async function asReader(database: Database, url: string): Promise<pg.Client> {
  const docs = await readFile(path.join(packageRoot, 'docs/researchers.md'), 'utf8');
  const [, statements = ''] = /```sql\n(create role observatory_reader[^`]*)```/.exec(docs) ?? [];
  await database.query(statements);
  const address = new URL(url);
  [address.username, address.password] = ['observatory_reader', 'choose-a-long-one'];
  const client = new pg.Client({ connectionString: address.href });
  await client.connect();
  return client;
}
