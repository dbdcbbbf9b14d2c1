import pg from 'pg';

/** What a domain function needs of a database: a pool or a client within a transaction. */
export interface Queryable {
  query<R extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<pg.QueryResult<R>>;
  /** With a name it is prepared, once for each connection. */
  query<R extends pg.QueryResultRow>(statement: pg.QueryConfig): Promise<pg.QueryResult<R>>;
}

export type Database = pg.Pool;

/** A pool whose connections see the schema `observatory` and give up in bounded time. */
export function openDatabase(url: string, onError: (error: Error) => void): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    // To connect takes longer than most that is asked, and somebody waits for it.
    idleTimeoutMillis: 300_000,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 15_000,
    // For a server that says nothing at all, not even that the statement took too long.
    query_timeout: 20_000,
    keepAlive: true,
    idle_in_transaction_session_timeout: 30_000,
    options: '-c search_path=observatory',
  });
  // An idle connection that the server closes must not end the process; the next query opens another.
  pool.on('error', onError);
  return pool;
}

/** One more connection to the same database, on which a statement may take its time: a migration of a large table. */
export async function withoutLimits<T>(database: Database, work: (patient: Database) => Promise<T>): Promise<T> {
  const unlimited = { statement_timeout: false, query_timeout: 0, idle_in_transaction_session_timeout: 0 } as const;
  const patient = new pg.Pool({ ...database.options, ...unlimited, max: 1 });
  // Between its statements; the next one fails and tells.
  patient.on('error', () => undefined);
  try {
    return await work(patient);
  } finally {
    await patient.end();
  }
}

/** Runs `work` in one transaction; an error rolls back and is thrown on. */
export async function transaction<T>(database: Database, work: (client: Queryable) => Promise<T>): Promise<T> {
  const client = await database.connect();
  let broken = false;
  // The pool listens to idle clients only: a connection that is lost here would end the process. The next query fails and tells.
  const lost = () => {
    broken = true;
  };
  client.on('error', lost);
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => {
      broken = true;
    });
    throw error;
  } finally {
    client.off('error', lost);
    client.release(broken);
  }
}
