import type { Queryable } from '../../platform/postgres/database.js';
import type { ExportedTable } from './table.js';

interface Entry {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly meaning: string;
  readonly unit: string;
  readonly source: string;
}

export interface Codebook {
  readonly csv: string;
  readonly markdown: string;
}

/** Each column of each table: what it means, its unit and where it comes from; types as the database has them. */
export async function codebookOf(
  client: Queryable,
  schema: string,
  tables: readonly ExportedTable[],
): Promise<Codebook> {
  const { rows } = await client.query<{ key: string; type: string }>(
    `select c.relname || '.' || a.attname as key, format_type(a.atttypid, a.atttypmod) as type
     from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relkind in ('r', 'v') and a.attnum > 0 and not a.attisdropped`,
    [schema],
  );
  const types = new Map(rows.map(({ key, type }) => [key, type]));
  const entries = tables.flatMap(({ name, columns }) =>
    Object.entries(columns).map(([column, { meaning, unit = '', source }]): Entry => {
      return { table: name, column, type: types.get(`${name}.${column}`)!, meaning, unit, source };
    }),
  );
  return { csv: asCsv(entries), markdown: asMarkdown(tables, entries) };
}

const heads = ['table', 'column', 'type', 'meaning', 'unit', 'source'] as const;

function asCsv(entries: readonly Entry[]): string {
  const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`;
  return [heads.join(','), ...entries.map((entry) => heads.map((head) => quoted(entry[head])).join(','))]
    .map((line) => `${line}\n`)
    .join('');
}

function asMarkdown(tables: readonly ExportedTable[], entries: readonly Entry[]): string {
  const sections = tables.map(({ name, meaning, withheld = {} }) => {
    const rows = entries.filter(({ table }) => table === name);
    const lines = rows.map(({ column, ...entry }) =>
      ['', `\`${column}\``, entry.type, entry.meaning, entry.unit, entry.source, ''].join(' | ').trim(),
    );
    const left = Object.entries(withheld).map(([column, { why }]) => `Not exported: \`${column}\`, which ${why}.`);
    const table = ['| column | type | meaning | unit | source |', '| --- | --- | --- | --- | --- |', ...lines];
    return [`## ${name}`, meaning, table.join('\n'), ...left].join('\n\n');
  });
  return `${['# Codebook', 'An empty field of a CSV is no value; an empty text is `""`.', ...sections].join('\n\n')}\n`;
}
