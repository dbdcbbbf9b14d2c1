/** An export's tables, back in a database. */
import { createHash } from 'node:crypto';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { type Database, withoutLimits } from '../../platform/postgres/database.js';
import { knownMigrations } from '../../platform/postgres/migrate.js';
import { ExportError } from './export-error.js';
import type { Manifest } from './manifest.js';
import type { ExportedTable } from './table.js';
import { tables } from './tables/index.js';
import { openExport, type OpenedExport } from './zip-reader.js';

export interface Importing {
  /** Migrated, and without a study. */
  readonly database: Database;
  readonly file: string;
  readonly progress: (line: string) => void;
}

/** All of it or nothing. What was never exported is made anew: the participants' tokens and those of invitations. */
export async function importStudy({ database, file, progress }: Importing): Promise<Manifest> {
  const opened = await openExport(file);
  try {
    refuseUnsuitable(opened.manifest);
    await withoutLimits(database, async (patient) => {
      const client = await patient.connect();
      let broken = true;
      client.on('error', () => undefined);
      try {
        await client.query('begin');
        const { rowCount } = await client.query('select from studies limit 1');
        if (rowCount !== 0) throw new ExportError('The database has a study already: import into a fresh one.');
        for (const table of tables) progress(await importTable(client, opened, table));
        // An export of software that knew no versions has none.
        await client.query('select begin_versions()');
        await client.query(NUMBER_ON);
        await client.query('commit');
        broken = false;
      } finally {
        client.release(broken);
      }
    });
    return opened.manifest;
  } finally {
    opened.close();
  }
}

function refuseUnsuitable({ format, software }: Manifest): void {
  if (format !== 'native') {
    throw new ExportError('This export has the original’s tables only; import one that was made with --format native.');
  }
  const known = Math.max(...knownMigrations);
  if (software.migration > known) {
    throw new ExportError(
      `This export is of migration ${software.migration}, and this version of the Observatory knows only up to ${known}. Use a newer one.`,
    );
  }
}

async function importTable(client: pg.PoolClient, { manifest, read }: OpenedExport, table: ExportedTable) {
  const path = `tables/${table.name}.csv`;
  const file = manifest.files.find((each) => each.path === path);
  // Of a version that did not have it yet.
  if (file === undefined) return `${table.name}: not in this export`;
  const columns = file.columns ?? [];
  const unknown = columns.filter((column) => !Object.hasOwn(table.columns, column));
  if (unknown.length > 0 || columns.length === 0) {
    throw new ExportError(
      `The manifest names columns of ${table.name} that this version does not know: ${unknown.join(', ')}.`,
    );
  }
  const names = columns.map((column) => `"${column}"`).join(', ');
  const made = Object.entries(table.withheld ?? {}).flatMap(([column, { imported }]) =>
    imported === undefined ? [] : [{ column, imported }],
  );
  const target = `observatory."${table.name}"`;
  const into = made.length === 0 ? target : 'pg_temp.incoming';
  if (made.length > 0) {
    await client.query(`create temp table incoming on commit drop as select ${names} from ${target} with no data`);
  }
  const rows = await copyIn(
    client,
    await read(path),
    `copy ${into} (${names}) from stdin with (format csv, header)`,
    file,
  );
  if (made.length > 0) {
    const [into, values] = [made.map(({ column }) => column), made.map(({ imported }) => imported)];
    await client.query(
      `insert into ${target} (${names}, ${into.join(', ')}) overriding system value select ${names}, ${values.join(', ')} from incoming t`,
    );
    await client.query('drop table incoming');
  }
  return `${table.name}: ${rows} rows`;
}

async function copyIn(
  client: pg.PoolClient,
  content: Readable,
  statement: string,
  { path, rows, sha256 }: Manifest['files'][number],
): Promise<number> {
  const hash = createHash('sha256');
  const measured = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const stream = client.query(copyFrom(statement));
  await pipeline(content, measured, stream);
  if (hash.digest('hex') !== sha256 || stream.rowCount !== rows) {
    throw new ExportError(`${path} is not what the manifest says: the file was changed or is damaged.`);
  }
  return stream.rowCount;
}

/** What is numbered goes on after what came in. */
const NUMBER_ON = `do $$
declare
  numbered record;
begin
  for numbered in select table_name, column_name from information_schema.columns where table_schema = 'observatory' and is_identity = 'YES' loop
    execute format('select setval(pg_get_serial_sequence(%L, %L), max(%I)) from observatory.%I having max(%3$I) is not null',
      'observatory.' || numbered.table_name, numbered.column_name, numbered.column_name, numbered.table_name);
  end loop;
end
$$`;
