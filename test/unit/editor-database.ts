/** Databases of the original's study editor for tests: its tables, and a sample of the shape that it came with. */
import initSqlJs, { type Database } from 'sql.js';

const tables = `
create table nbgen_cells (id integer primary key, name varchar(100) not null unique, cell_type varchar(10) not null,
  collapsed boolean, source text, cell_metadata text, created datetime);
create table nbgen_tasks (id integer primary key, name varchar(100) not null unique, short varchar(3) not null, description text);
create table nbgen_taskcells (task_id integer not null, cell_id integer not null, position integer, primary key (task_id, cell_id));
create table nbgen_conditions (id integer primary key, name varchar(100) not null unique);
create table nbgen_pairs (id integer primary key, "key" varchar(100) not null, value text, condition integer);
create table nbgen_nbtemplates (id integer primary key, name varchar(100) not null unique);
create table nbgen_template_tasks (notebook_id integer, task_id integer);
create table nbgen_orderoptions (id integer primary key, notebook integer, random boolean, position integer);
create table nbgen_task_association (option_id integer, task_id integer);
create table nbgen_files (id integer primary key, category integer not null, filename text not null, hash text not null);`;

export type Row = readonly (string | number | null)[];
export type Rows = Readonly<Record<string, readonly Row[]>>;

const cell = (id: number, name: string, type: string, source: string): Row => [
  id,
  name,
  type,
  0,
  source,
  '{}',
  '2021-10-20',
];

/** 8 cells; tasks 0, 1, 2, 3, f; Apples, Bananas, Oranges; the template: one task, three in a Latin square, one task. */
export const sample: Rows = {
  nbgen_cells: [
    cell(
      1,
      'Start',
      'markdown',
      'You peel **%fruit%**.\r\n\r\nFirst %task1% (%task1.short%): %task1.description%\r\nLast: %task4% %nothing%',
    ),
    cell(2, 'Wash text', 'markdown', 'Wash the %fruit%.'),
    cell(3, 'Wash code', 'code', 'def wash(fruit):\r\n    pass  # "%fruit%" — ä'),
    cell(4, 'Peel text', 'markdown', 'Peel it.'),
    cell(5, 'Peel code', 'code', 'peel("%fruit%")'),
    cell(6, 'Cut text', 'markdown', 'Cut it.'),
    cell(7, 'Cut code', 'code', 'cut()'),
    cell(8, 'End', 'markdown', 'No more %fruit%. You began with %task1%.'),
  ],
  nbgen_tasks: [
    [1, 'Introduction', '0', ''],
    [2, 'Wash', '1', 'Make it clean.'],
    [3, 'Peel', '2', 'Take off the peel.'],
    [4, 'Cut', '3', null],
    [5, 'Finish', 'f', ''],
  ],
  nbgen_taskcells: [
    [1, 1, 0],
    [2, 3, 1],
    [2, 2, 0],
    [3, 4, 0],
    [3, 5, 1],
    [4, 6, 0],
    [4, 7, 1],
    [5, 8, 0],
  ],
  nbgen_conditions: [
    [1, 'Apples'],
    [2, 'Bananas'],
    [3, 'Oranges'],
  ],
  nbgen_pairs: [
    [1, 'fruit', 'apples', 1],
    [2, 'fruit', 'bananas', 2],
    [3, 'fruit', 'oranges', 3],
  ],
  nbgen_nbtemplates: [[1, 'example']],
  nbgen_template_tasks: [
    [1, 1],
    [1, 2],
    [1, 3],
    [1, 4],
    [1, 5],
  ],
  nbgen_orderoptions: [
    [1, 1, 0, 0],
    [2, 1, 1, 1],
    [3, 1, 0, 2],
  ],
  // Not in the order of their shorts, by which the original sorts.
  nbgen_task_association: [
    [1, 1],
    [2, 4],
    [2, 2],
    [2, 3],
    [3, 5],
  ],
  nbgen_files: [],
};

/** The file, with the rows given in place of the sample's. */
export async function editorFile(changed: Rows = {}, more = ''): Promise<Uint8Array> {
  const { Database } = await initSqlJs();
  const database: Database = new Database();
  database.run(tables + more);
  for (const [table, rows] of Object.entries({ ...sample, ...changed })) {
    for (const row of rows) database.run(`insert into ${table} values (${row.map(() => '?').join()})`, [...row]);
  }
  const content = database.export();
  database.close();
  return content;
}
