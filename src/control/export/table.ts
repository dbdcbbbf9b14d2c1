/** How a table is declared for the export: what is read, and what its columns mean. The codebook is written from the same lines. */
export interface Column {
  readonly meaning: string;
  /** Of numbers, and how moments and structured values are written. */
  readonly unit?: string;
  /** Who or what the value comes from. */
  readonly source: string;
  /** Where not the column itself is exported; `t` is the table's row. */
  readonly sql?: string;
}

/** Why a column stays where it is. */
export interface Withheld {
  readonly why: string;
  /** What an import puts there, in SQL; needed where the column must not be empty. */
  readonly imported?: string;
}

export interface ExportedTable {
  readonly name: string;
  readonly meaning: string;
  /** Of the rows `t` which are the study's; `$study` is its id. */
  readonly rows: string;
  /** Without it rows come as they are found: what is made anew for each participant would have to be made for all of them first. */
  readonly order?: string;
  readonly columns: Readonly<Record<string, Column>>;
  readonly withheld?: Readonly<Record<string, Withheld>>;
}

export const MOMENT = 'a moment, UTC, to the microsecond';
export const JSON_TEXT = 'JSON';

export const STUDY = 'the study’s files';
export const PLATFORM = 'the platform';
export const PARTICIPANT = 'the participant';
export const PAGE = 'the notebook page';

/** The column of nearly every table. */
export const studyId: Column = { meaning: 'The study', source: STUDY };
export const participantId: Column = { meaning: 'Whose: `participants.id`', source: PLATFORM };

/** What is read of a table, in SQL; the same rows in the same order each time. */
export function selectOf(schema: string, table: ExportedTable, studyLiteral: string): string {
  const columns = Object.entries(table.columns).map(([name, { sql }]) => `${sql ?? `t."${name}"`} as "${name}"`);
  const rows = table.rows.replaceAll('$study', () => studyLiteral);
  const order = table.order === undefined ? '' : ` order by ${table.order}`;
  return `select ${columns.join(', ')} from ${schema}."${table.name}" t where ${rows}${order}`;
}
