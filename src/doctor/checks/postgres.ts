import { appliedMigrations, knownMigrations } from '../../platform/postgres/migrate.js';
import { type Queryable, transaction } from '../../platform/postgres/database.js';
import { type Check, type Finding, well, wrong } from '../check.js';
import { type Ground, withoutPassword } from '../ground.js';
import { schemaProblem } from '../schema.js';

export function postgresChecks({ database, settings }: Ground): Check[] {
  return [
    { name: 'postgres', needs: [], run: () => reach(database, withoutPassword(settings.DATABASE_URL)) },
    { name: 'postgres schema', needs: ['postgres'], run: () => compareSchema(database) },
    {
      name: 'postgres writable',
      needs: ['postgres schema'],
      run: () => writeAndUndo((work) => transaction(database, work)),
    },
  ];
}

async function reach(database: Queryable, url: string): Promise<Finding> {
  const tried = `a connection to ${url}`;
  try {
    const { rows } = await database.query<{ version: string }>("select current_setting('server_version') as version");
    return well(tried, `PostgreSQL ${rows[0]?.version ?? ''}`);
  } catch (error) {
    // Several addresses of one name fail as one error without words of its own.
    const { message, code } = error as Error & { code?: string };
    return wrong(tried, message || (code ?? 'no answer'), 'Start Postgres, or correct DATABASE_URL.');
  }
}

async function compareSchema(database: Queryable): Promise<Finding> {
  const tried = 'public.observatory_migrations';
  const applied = await appliedMigrations(database);
  const problem = schemaProblem(applied, knownMigrations);
  if (problem !== undefined) return wrong(tried, problem.answer, problem.advice);
  return well(tried, `at migration ${Math.max(...applied)}, as this version needs it`);
}

class Undo extends Error {}

/** A real write, which a full disk or a replica refuses, and which nobody sees. */
async function writeAndUndo(inTransaction: (work: (client: Queryable) => Promise<never>) => Promise<never>) {
  const tried = 'a row in observatory.audit, rolled back';
  try {
    return await inTransaction(async (client) => {
      const closed = await closedTables(client);
      if (closed.length > 0) throw new Error(`this role may not write ${closed.join(', ')}`);
      await client.query(
        "insert into audit (subject, subject_id, to_state, actor) values ('leadership', 'doctor', 'tried', 'doctor')",
      );
      throw new Undo();
    });
  } catch (error) {
    if (error instanceof Undo) return well(tried, 'written');
    return wrong(
      tried,
      (error as Error).message,
      'Give the role of DATABASE_URL the rights of the owner, on a primary that has room on its disk.',
    );
  }
}

async function closedTables(client: Queryable): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'observatory' and exists (
       select from unnest(array['select', 'insert', 'update', 'delete']) right_
       where not has_table_privilege(format('observatory.%I', tablename), right_)) order by 1`,
  );
  return rows.map(({ name }) => name);
}
