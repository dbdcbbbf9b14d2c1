/** An export, what is in it and what is not, and the way back into a database. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { loadStudy } from '../../bench/load-study.js';
import { exportStudy } from '../../src/control/export/export.js';
import { importStudy } from '../../src/control/export/import.js';
import { neverExported, tables } from '../../src/control/export/tables/index.js';
import { upstreamTables } from '../../src/control/export/tables/upstream.js';
import { openExport } from '../../src/control/export/zip-reader.js';
import { type LocalServices, startServices } from '../../src/local/index.js';
import { publishStudy } from '../../src/participants/study-store.js';
import { type Database, openDatabase } from '../../src/platform/postgres/database.js';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { packageRoot } from '../../src/platform/root.js';
import { toNotebook } from '../../src/studies/nbformat.js';
import { readStudy, type Study } from '../../src/studies/read.js';
import { revisionOf } from '../../src/studies/revision.js';
import { notebookState } from '../../src/submit/notebook-state.js';
import { poll } from '../poll.js';
import { addTheRest, HOSTILE } from './whole-study.js';

const run = promisify(execFile);
const PEOPLE = 60;

describe('the export', function () {
  this.timeout(300_000);
  let runDir: string;
  let services: LocalServices;
  let database: Database;
  let study: Study;
  const opened: Database[] = [];

  before(async () => {
    runDir = await mkdtemp(path.join(tmpdir(), 'observatory-export-'));
    services = await startServices({ runDir, only: ['postgres'] });
    database = open(urlOf());
    await migrate(database);
    study = await readStudy(path.join(packageRoot, 'studies/crypto-api'));
    await publishStudy(database, study);
    await publishStudy(database, { ...study, id: 'another' });
    await loadStudy(database, { study, participants: PEOPLE, events: 4_000 });
    await addTheRest(database, study);
  });
  after(async () => {
    for (const each of opened) await each.end();
    await services?.stop();
    await rm(runDir, { recursive: true, force: true });
  });

  function urlOf(name?: string): string {
    const url = new URL(services.environment['DATABASE_URL']!);
    if (name !== undefined) url.pathname = `/${name}`;
    return url.href;
  }

  function open(url: string): Database {
    const pool = openDatabase(url, () => undefined);
    opened.push(pool);
    return pool;
  }

  async function fresh(name: string): Promise<Database> {
    await database.query(`create database ${name}`);
    return open(urlOf(name));
  }

  const observatory = (args: string[], url = urlOf()) =>
    run(process.execPath, ['--import', 'tsx', path.join(packageRoot, 'src/cli/main.ts'), ...args], {
      env: { ...process.env, DATABASE_URL: url },
      cwd: packageRoot,
    });

  async function exported(name: string, more: string[] = [], url = urlOf()) {
    const out = path.join(runDir, `${name}.zip`);
    await observatory(['export', '--study', study.id, '--out', out, ...more], url);
    const zip = await openExport(out);
    return { out, manifest: zip.manifest, read: async (file: string) => text(await zip.read(file)), close: zip.close };
  }

  it('declares each column of each table: what it means, or why it is not exported', async () => {
    const { rows } = await database.query<{ name: string; columns: string[] }>(
      `select c.relname as name, array_agg(a.attname::text order by a.attname) as columns
       from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       where c.relnamespace = 'observatory'::regnamespace and c.relkind = 'r' group by c.relname order by c.relname`,
    );
    const declared = new Map(tables.map((table) => [table.name, table]));
    for (const { name, columns } of rows) {
      if (Object.hasOwn(neverExported, name)) continue;
      const table = declared.get(name);
      assert.ok(table, `table ${name} is neither in src/control/export/tables nor among neverExported`);
      const known = [...Object.keys(table.columns), ...Object.keys(table.withheld ?? {})].sort();
      assert.deepEqual(known, columns, `the columns of ${name} that src/control/export/tables knows`);
    }
    const names = rows.map(({ name }) => name);
    assert.deepEqual(
      [...declared.keys()].filter((name) => !names.includes(name)),
      [],
    );
  });

  it('comes back as the same tables from a fresh database, by the commands', async () => {
    const first = await exported('first');
    const copy = await fresh('copy');
    const { stderr } = await observatory(['import', first.out], urlOf('copy'));
    assert.match(stderr, /events: \d+ rows/);
    const second = await exported('second', [], urlOf('copy'));
    assert.deepEqual(second.manifest.files, first.manifest.files);
    const { files } = first.manifest;
    assert.ok(
      files.filter(({ rows }) => rows !== undefined).every(({ rows }) => rows! > 0),
      'a table is empty',
    );
    // What comes later goes on behind what came in.
    const { rows } = await copy.query<{ fresh: boolean }>(
      `insert into participants (id, study_id, token) values ('newcomer0000', $1, 'newcomer0000')
       returning number > (select max(number) from participants) as fresh`,
      [study.id],
    );
    assert.equal(rows[0]?.fresh, true);
    await assert.rejects(observatory(['import', first.out], urlOf('copy')), /has a study already/);
    first.close();
    second.close();
  });

  it('has in CSV and JSON Lines what the database has, hostile text and microseconds too', async () => {
    const { manifest, read, close } = await exported('exact');
    const lines = (await read('tables/submitted_pastes.jsonl')).trimEnd().split('\n');
    const [paste] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.equal(paste?.['code'], HOSTILE);
    assert.equal(paste?.['received_at'], '2026-11-02T03:04:05.678901+00:00');
    const csv = await read('tables/submitted_pastes.csv');
    assert.ok(csv.includes(`,"${HOSTILE.replaceAll('"', '""')}",2026-11-02 03:04:05.678901+00`), csv);
    const { rows } = await database.query<{ events: number }>(
      `select count(*)::int as events from events where study_id = $1`,
      [study.id],
    );
    const jsonl = manifest.files.find(({ path: name }) => name === 'tables/events.jsonl')!;
    assert.equal(jsonl.rows, rows[0]!.events);
    assert.equal((await read(jsonl.path)).split('\n').length - 1, jsonl.rows);
    assert.equal(manifest.study.revision, revisionOf(study));
    assert.ok(!(await read('tables/participants.csv')).includes('another'));
    close();
  });

  it('has each participant’s notebook as they left it', async () => {
    const { manifest, read, close } = await exported('notebooks');
    const notebooks = manifest.files.filter(({ path: name }) => name.startsWith('notebooks/'));
    const { rows } = await database.query<{ id: string }>(
      'select id from participants where study_id = $1 and condition is not null',
      [study.id],
    );
    assert.equal(notebooks.length, rows.length);
    for (const { id } of rows.slice(0, 10)) {
      const notebook = JSON.parse(await read(`notebooks/${id}.ipynb`)) as unknown;
      assert.deepEqual(notebook, JSON.parse(JSON.stringify(toNotebook((await notebookState(database, id)).document))));
    }
    close();
  });

  it('has no token, no hash of one and no key of an address anywhere', async () => {
    const secrets = await database.query<{ secret: string }>(
      `select unnest(array[token, address_key, recruitment->>'tok']) as secret from participants union select token_hash from invitations`,
    );
    for (const format of ['native', 'upstream']) {
      const { manifest, read, close } = await exported(`secrets-${format}`, ['--format', format]);
      const everything = (await Promise.all(manifest.files.map(({ path: name }) => read(name)))).join('\n');
      const found = secrets.rows.filter(({ secret }) => secret && everything.includes(secret));
      assert.deepEqual(found, []);
      assert.ok(everything.includes('answered with care'));
      close();
    }
  });

  it('--format upstream gives the tables of the original, as its own analysis looks for them', async () => {
    const { manifest, read, close } = await exported('upstream', ['--format', 'upstream']);
    const top = manifest.files.map(({ path: name }) => name).filter((name) => !name.includes('/'));
    assert.ok(
      top.every((name) => /^\d\d-\d\d-\d{4}-\d\d-\d\d-(createdInstances|jupyter|conditions)\.csv$/.test(name)),
      top.join(),
    );
    assert.equal(top.length, 3);
    for (const { name, columns } of upstreamTables) {
      const file = manifest.files.find(({ path: each }) => each.endsWith(`-${name}.csv`))!;
      assert.equal((await read(file.path)).split('\n', 1)[0], Object.keys(columns).join(','));
      assert.ok(file.rows! > 0, name);
      const view = await database.query<{ column: string }>(
        `select attname as column from pg_attribute where attrelid = format('upstream.%I', $1::text)::regclass and attnum > 0 order by attnum`,
        [name],
      );
      assert.deepEqual(
        view.rows.map(({ column }) => column),
        Object.keys(columns),
      );
    }
    const created = await read(top.find((name) => name.includes('created'))!);
    assert.match(created, /,t,2026-11-01 [^,]*,t,f\n/);
    close();
  });

  it('has a codebook that says something of each column', async () => {
    const { read, close } = await exported('codebook');
    const lines = (await read('codebook.csv')).trimEnd().split('\n').slice(1);
    assert.equal(
      lines.length,
      tables.reduce((sum, { columns }) => sum + Object.keys(columns).length, 0),
    );
    for (const line of lines) assert.match(line, /^"[a-z_]+","[a-z_]+","[a-z0-9 ]+","[^"]+","[^"]*","[^"]+"$/);
    assert.match(await read('codebook.md'), /## events[^]*\| `clock` \| double precision \|/);
    close();
  });

  it('leaves nothing under its name when it fails, and says why', async () => {
    const out = path.join(runDir, 'nothing.zip');
    await assert.rejects(observatory(['export', '--study', 'unknown', '--out', out]), /There is no study "unknown"/);
    await assert.rejects(stat(out), /ENOENT/);
    await writeFile(out, 'mine');
    await assert.rejects(observatory(['export', '--study', study.id, '--out', out]), /is there already/);
    assert.equal(await readFile(out, 'utf8'), 'mine');
    await assert.rejects(importStudy({ database, file: out, progress: () => undefined }), /cannot be read as a zip/);
  });

  it('is the data of one moment, whatever is recorded while it is written', async () => {
    const count = async () =>
      (await database.query<{ n: number }>('select count(*)::int as n from audit where study_id = $1', [study.id]))
        .rows[0]!.n;
    const before = await count();
    let meanwhile: Promise<unknown> | undefined;
    const output = new Writable({
      write(_chunk, _encoding, done) {
        meanwhile ??= database.query(
          `insert into audit (study_id, subject, subject_id, to_state, actor) values ($1, 'study', $1, 'late', 'test')`,
          [study.id],
        );
        meanwhile.then(() => {
          done();
        }, done);
      },
    });
    const exporting = { database, studyId: study.id, format: 'native', output, progress: () => undefined } as const;
    const rows = async () =>
      (await exportStudy(exporting)).files.find(({ path: name }) => name === 'tables/audit.csv')!.rows!;
    const instances = await database.query<{ n: number }>(
      `select count(*)::int as n from audit where subject = 'instance' and study_id is null`,
    );
    assert.equal(await rows(), before + instances.rows[0]!.n);
    assert.equal(await count(), before + 1);
  });

  it('ends with its output, and gives the connection back', async () => {
    let taken = 0;
    const output = new Writable({
      write(chunk: Buffer, _encoding, done) {
        taken += chunk.length;
        done(taken > 50_000 ? new Error('the disk is full') : null);
      },
    });
    const failing = exportStudy({ database, studyId: study.id, format: 'native', output, progress: () => undefined });
    await assert.rejects(failing, /the disk is full/);
    // Postgres hears of it when it sends on.
    const copying = `select from pg_stat_activity where query like 'copy %' and state = 'active'`;
    await poll('no copy goes on', async () => (await database.query(copying)).rowCount === 0, 20);
  });

  it('refuses a zip that was changed, and leaves the database empty', async () => {
    const { out, close } = await exported('changed');
    close();
    const changed = path.join(runDir, 'other.zip');
    const script = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as old, zipfile.ZipFile(sys.argv[2], 'w') as new:
    for name in old.namelist():
        new.writestr(name, old.read(name).replace(b'answered with care', b'answered by others'))
`;
    await run('python3', ['-c', script, out, changed]);
    const empty = await fresh('empty');
    await migrate(empty);
    await assert.rejects(
      importStudy({ database: empty, file: changed, progress: () => undefined }),
      /not what the manifest says/,
    );
    assert.equal((await empty.query('select from studies')).rowCount, 0);
  });
});
