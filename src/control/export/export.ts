/** A study's data as one zip, written while it is read. */
import type { Writable } from 'node:stream';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { stateInForce } from '../../participants/study-state.js';
import type { Database } from '../../platform/postgres/database.js';
import { appliedMigrations } from '../../platform/postgres/migrate.js';
import { packageVersion } from '../../platform/root.js';
import { Archive } from './archive.js';
import { codebookOf } from './codebook.js';
import { ExportError } from './export-error.js';
import { type ExportFormat, type Manifest, MANIFEST } from './manifest.js';
import { archivedNotebooks } from './notebooks.js';
import { copyLines, readSnapshot } from './snapshot.js';
import { type ExportedTable, selectOf } from './table.js';
import { tables } from './tables/index.js';
import { upstreamTables } from './tables/upstream.js';

export interface Exporting {
  readonly database: Database;
  readonly studyId: string;
  readonly format: ExportFormat;
  readonly output: Writable;
  /** Told of each file that is done, and now and then of one that is not. */
  readonly progress: (line: string) => void;
}

interface Copying {
  readonly client: pg.PoolClient;
  readonly archive: Archive;
  readonly study: Manifest['study'];
  readonly files: Manifest['files'];
  readonly progress: (line: string) => void;
}

/** What is read is the data of one moment, however long it takes. An output that fails ends it, and what it has got is no zip. */
export function exportStudy({ database, studyId, format, output, progress }: Exporting): Promise<Manifest> {
  return readSnapshot(database, studyId, async (client) => {
    const study = await studyOf(client, studyId);
    const exportedAt = new Date();
    return Archive.write(output, exportedAt, async (archive) => {
      const copying: Copying = { client, archive, study, files: [], progress };
      await (format === 'native' ? copyNative(copying) : copyUpstream(copying, exportedAt));
      const manifest = await manifestOf(copying, format, exportedAt);
      await archive.addText(MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`);
      return manifest;
    });
  });
}

async function studyOf(client: pg.PoolClient, id: string): Promise<Manifest['study']> {
  const { rows } = await client.query<Manifest['study']>(
    `select id, title, ${stateInForce} as state, revision from studies where id = $1`,
    [id],
  );
  if (rows[0] === undefined) throw new ExportError(`There is no study "${id}".`);
  return rows[0];
}

async function copyNative(copying: Copying): Promise<void> {
  const { client, archive, study, files, progress } = copying;
  for (const table of tables) {
    await copyCsv(copying, 'observatory', table, `tables/${table.name}.csv`);
    await copyJsonLines(copying, table);
  }
  const since = performance.now();
  let notebooks = 0;
  for await (const file of archivedNotebooks(client, archive, study.id)) {
    files.push(file);
    notebooks += 1;
    if (notebooks % 1_000 === 0) progress(`notebooks: ${notebooks}`);
  }
  progress(`notebooks: ${notebooks}, ${seconds(since)}`);
  await addCodebook(copying, 'observatory', tables, '');
}

/** The names by which the original's own analysis finds them: it takes the last three tables of a folder. */
async function copyUpstream(copying: Copying, exportedAt: Date): Promise<void> {
  const [year, month, day, hour, minute] = exportedAt.toISOString().split(/\D/);
  const stamp = [month, day, year, hour, minute].join('-');
  for (const table of upstreamTables) {
    await copyCsv(copying, 'upstream', table, `${table.original ? '' : 'more/'}${stamp}-${table.name}.csv`);
  }
  await addCodebook(copying, 'upstream', upstreamTables, 'more/');
}

async function copyCsv(copying: Copying, schema: string, table: ExportedTable, path: string): Promise<void> {
  const select = selectOf(schema, table, pg.escapeLiteral(copying.study.id));
  await copy(copying, table, path, `copy (${select}) to stdout with (format csv, header)`);
}

async function copyJsonLines(copying: Copying, table: ExportedTable): Promise<void> {
  const select = selectOf('observatory', table, pg.escapeLiteral(copying.study.id));
  await copy(copying, table, `tables/${table.name}.jsonl`, copyLines(`select row_to_json(r) from (${select}) r`));
}

const PROGRESS_MS = 2_000;

async function copy(
  { client, archive, files, progress }: Copying,
  table: ExportedTable,
  path: string,
  statement: string,
): Promise<void> {
  const since = performance.now();
  let told = since;
  const stream = client.query(copyTo(statement));
  const file = await archive.add(path, stream, (bytes) => {
    if (performance.now() - told < PROGRESS_MS) return;
    told = performance.now();
    progress(`${path}: ${megabytes(bytes)} so far, ${seconds(since)}`);
  });
  files.push({ ...file, rows: stream.rowCount, columns: Object.keys(table.columns) });
  progress(`${path}: ${stream.rowCount} rows, ${megabytes(file.bytes)}, ${seconds(since)}`);
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

async function addCodebook(
  { client, archive, files }: Copying,
  schema: string,
  described: readonly ExportedTable[],
  folder: string,
): Promise<void> {
  const { csv, markdown } = await codebookOf(client, schema, described);
  files.push(
    await archive.addText(`${folder}codebook.csv`, csv),
    await archive.addText(`${folder}codebook.md`, markdown),
  );
}

async function manifestOf({ client, study, files }: Copying, format: ExportFormat, at: Date): Promise<Manifest> {
  const migration = Math.max(...(await appliedMigrations(client)));
  const software = { name: 'developer-observatory', version: packageVersion, migration } as const;
  return { observatoryExport: 1, format, exportedAt: at.toISOString(), study, software, files };
}
