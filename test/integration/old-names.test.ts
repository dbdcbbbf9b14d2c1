/** The original's tables as views: queries as analysts type them in psql, by the role that only reads. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import type pg from 'pg';
import { type LocalServices, startServices } from '../../src/local/index.js';
import { publishStudy } from '../../src/participants/study-store.js';
import { type Database, openDatabase } from '../../src/platform/postgres/database.js';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { packageRoot } from '../../src/platform/root.js';
import type { CodeCell, Document } from '../../src/studies/document.js';
import { readStudy, type Study } from '../../src/studies/read.js';
import { rebuild } from '../../src/studies/rebuild.js';
import { storableJson } from '../../src/submit/event.js';
import { editScript } from '../unit/notebook-editing.js';
import { played } from './edited-record.js';
import { asReader } from './reading-role.js';

describe('the old names', function () {
  this.timeout(300_000);
  let runDir: string;
  let services: LocalServices;
  let database: Database;
  let analyst: pg.Client;
  let study: Study;
  let newcomers = 0;

  before(async () => {
    runDir = await mkdtemp(path.join(tmpdir(), 'observatory-old-names-'));
    services = await startServices({ runDir, only: ['postgres'] });
    database = openDatabase(services.environment['DATABASE_URL']!, () => undefined);
    await migrate(database);
    study = await readStudy(path.join(packageRoot, 'studies/crypto-api'));
    await publishStudy(database, study);
    analyst = await asReader(database, services.environment['DATABASE_URL']!);
  });
  after(async () => {
    await analyst?.end();
    await database?.end();
    await services?.stop();
    await rm(runDir, { recursive: true, force: true });
  });

  /** As psql sends what is typed: one text without parameters. */
  const typed = async (query: string): Promise<unknown[]> => (await analyst.query<object>(query)).rows;

  async function participant(more: Record<string, unknown> = {}, studyId = study.id): Promise<string> {
    const id = `p${String(++newcomers).padStart(11, '0')}`;
    const row = { id, study_id: studyId, token: id, condition: 1, state: 'working', ...more };
    await database.query(
      `insert into participants (id, study_id, token, state, condition, origin, address, address_key, consented_at, queued_at, heartbeat_at)
       select id, study_id, token, state, condition, origin, address, address_key, '2026-11-24 10:00+00', '2026-11-24 11:00+00', '2026-11-24 12:00+00'
       from jsonb_populate_record(null::participants, $1)`,
      [JSON.stringify(row)],
    );
    return id;
  }

  async function record(who: string, events: readonly object[], document?: { seq: number; document: unknown }) {
    const head = {
      at: '2026-11-24T12:00:00.900Z',
      clock: 0,
      page: 'one',
      task: null,
      cell: null,
      focusSeconds: 0,
      data: {},
    };
    const rows = events.map((event, index) => ({ seq: index + 1, ...head, ...event }));
    await database.query(
      `insert into events (study_id, participant_id, seq, type, at, received_at, clock, page, task, cell, focus_seconds, data)
       select $1, $2, seq, type, at, '2026-11-24 12:00:01+00'::timestamptz + seq * interval '1 second', clock, page, task, cell, "focusSeconds", data
       from jsonb_to_recordset($3) as e(seq bigint, type text, at timestamptz, clock double precision, page text, task text, cell text,
         "focusSeconds" double precision, data jsonb)`,
      [study.id, who, storableJson(rows)],
    );
    if (document === undefined) return;
    await database.query('insert into snapshots (study_id, participant_id, seq, document) values ($1, $2, $3, $4)', [
      ...[study.id, who, document.seq, JSON.stringify(document.document)],
    ]);
  }

  it('createdInstances has the columns of the original, and the queries of its landing page and its control work', async () => {
    await database.query('delete from participants');
    const first = await participant({ origin: '7', address_key: 'k2', state: 'finished' });
    const second = await participant({ condition: 3, address_key: 'k1' });
    const third = await participant({ address: '192.0.2.7', address_key: 'k3', state: 'withdrawn' });
    await participant({ condition: null, state: 'arrived' });
    await database.query(
      `insert into instances (id, study_id, profile, state, job_id, ready_at)
       select id, $1, 'default', 'stopped', 'job-' || id, now() from unnest(array['00000000000a', '00000000000b', '00000000000c']) id`,
      [study.id],
    );
    await database.query(
      `insert into leases (study_id, participant_id, instance_id, ended_at, end_reason) values
       ($1, $2, '00000000000a', now(), 'finished'), ($1, $3, '00000000000b', now(), 'lost'), ($1, $3, '00000000000c', null, null)`,
      [study.id, first, second],
    );
    assert.deepEqual(await typed('SELECT * FROM "createdInstances" ORDER BY id LIMIT 2;'), [
      {
        ...{ id: '1', userid: first, ip: 'address-2', origin: 7, time: new Date('2026-11-24T11:00:00') },
        ...{ ec2instance: 'job-00000000000a', category: 1, condition: 1, instanceid: '00000000000a', finished: true },
        ...{ heartbeat: new Date('2026-11-24T12:00:00'), instanceTerminated: true, ignored: false },
      },
      {
        ...{ id: '2', userid: second, ip: 'address-1', origin: 0, time: new Date('2026-11-24T11:00:00') },
        ...{ ec2instance: 'job-00000000000c', category: 2, condition: 3, instanceid: '00000000000c', finished: false },
        ...{ heartbeat: new Date('2026-11-24T12:00:00'), instanceTerminated: false, ignored: false },
      },
    ]);
    assert.deepEqual(await typed(`SELECT ip, ignored FROM "createdInstances" WHERE userid = '${third}'`), [
      { ip: '192.0.2.7', ignored: true },
    ]);
    // The landing page's "beast", as the technical notes have it.
    const beast = `SELECT category, categorycount FROM (SELECT c.category as category, COUNT(ci.category) as categorycount
      FROM conditions c LEFT JOIN "createdInstances" ci ON c.condition = ci.condition GROUP BY c.category ORDER BY c.category) AS c
      ORDER BY categorycount ASC LIMIT 1;`;
    assert.deepEqual(await typed(beast), [{ category: 2, categorycount: '1' }]);
    const abandoned = `SELECT instanceid FROM "createdInstances" WHERE "instanceTerminated" = false
      AND instanceid IS NOT NULL AND (finished = true OR heartbeat < now() - interval '3 hours')`;
    assert.deepEqual(await typed(abandoned), [{ instanceid: '00000000000c' }]);
    assert.deepEqual(await typed('select userid, accepted from consent order by id limit 1'), [
      { userid: first, accepted: true },
    ]);
  });

  it('conditions has the category by the first factor, and shows one study of several', async () => {
    const two = { ...study, id: 'second', conditions: study.conditions.slice(0, 1) };
    await publishStudy(database, two);
    const counted = async () =>
      (await typed('select count(*)::int as n, count(distinct hash)::int as h from conditions'))[0];
    assert.deepEqual(await counted(), { n: 5, h: 4 });
    await analyst.query(`set observatory.study = 'crypto-api'`);
    assert.deepEqual(await typed('SELECT category, condition, filename FROM conditions ORDER BY condition'), [
      { category: 1, condition: 1, filename: 'cryptography-symmetric-first.ipynb' },
      { category: 1, condition: 2, filename: 'cryptography-asymmetric-first.ipynb' },
      { category: 2, condition: 3, filename: 'pynacl-symmetric-first.ipynb' },
      { category: 2, condition: 4, filename: 'pynacl-asymmetric-first.ipynb' },
    ]);
    await analyst.query('reset observatory.study');
  });

  it('jupyter has exactly the notebook that the events made, at each run, for whatever is typed', async () => {
    const notebook = study.conditions[0]!.document;
    const cells = notebook.tasks.flatMap((task) => task.cells.filter((cell): cell is CodeCell => cell.type === 'code'));
    let [rows, astral] = [0, 0];
    const property = fc.asyncProperty(editScript, async (script) => {
      const { events, expected } = played(notebook, { a: cells[0]!.id, b: cells[1]!.id }, script);
      const who = await participant();
      await record(who, events);
      const stored = await typed(`select code from jupyter where userid = '${who}' order by id`);
      assert.deepEqual(
        stored.map((row) => (row as { code: unknown }).code),
        expected,
      );
      rows += stored.length;
      astral += /[\u{10000}-\u{10ffff}]/u.test(JSON.stringify(expected)) ? 1 : 0;
    });
    await fc.assert(property, { numRuns: 100 });
    assert.ok(rows > 150 && astral > 10, `${rows} rows, ${astral} scripts with characters beyond the BMP`);
  });

  it('defect 24: jupyter has the letters and both times of the original, outputs, posts of scripts, and ids that grow', async () => {
    const who = await participant();
    const outputs = [{ output_type: 'stream', name: 'stdout', text: 'hi' }, { output_type: 'made-up' }];
    const [cell] = study.conditions[0]!.document.tasks[1]!.cells.filter(({ type }) => type === 'code');
    const at = { task: 'symmetric', cell: cell!.id };
    await record(who, [
      { type: 'open' },
      { type: 'start', task: 'introduction', focusSeconds: 3.4 },
      { type: 'run', ...at, focusSeconds: 10.5, data: { source: 'one' } },
      { type: 'output', ...at, data: { outputs, executionCount: 4 } },
      { type: 'run', task: 'asymmetric', at: '2026-11-24T13:00:05+01:00', focusSeconds: 12.9, data: { source: '' } },
      { type: 'skip', ...at },
      { type: 'next', task: 'asymmetric' },
      { type: 'open', page: 'two' },
      { type: 'run', ...at, page: 'two', at: '2026-12-01T00:00:00Z', focusSeconds: 0.6, data: { source: 'two' } },
      { type: 'finish', page: 'two', focusSeconds: 1 },
    ]);
    await database.query(
      `insert into submitted_code (study_id, participant_id, status, reading, code, time) values
       ($1, $2, 's', 'main', '{"cells": []}', '{"focusTime": 1}'), ($1, $2, 's', 'dev', '{"cells": []}', null)`,
      [study.id, who],
    );
    const rows = (await typed(
      `SELECT id, token, status, time, code FROM jupyter WHERE userid = '${who}' ORDER BY id`,
    )) as {
      id: string;
      token: string;
      status: string;
      time: { focusTime: number; execTime?: string } | null;
      code: { cells: { id: string; outputs: unknown; execution_count: unknown }[] };
    }[];
    assert.ok(rows.every(({ token }) => token === who));
    const [one, two, three] = [
      'Tue, 24 Nov 2026 12:00:00 GMT',
      'Tue, 24 Nov 2026 12:00:05 GMT',
      'Tue, 01 Dec 2026 00:00:00 GMT',
    ];
    assert.deepEqual(
      rows.map(({ status, time }) => [
        status,
        time?.focusTime,
        time?.execTime && (JSON.parse(time.execTime) as unknown),
      ]),
      [
        ['b', 3, {}],
        ['r', 10.5, { 1: [one] }],
        ['r', 12.5, { 1: [one], 2: [two] }],
        ['n', 0, { 1: [one], 2: [two] }],
        ['s', 0, { 1: [one], 2: [two] }],
        ['r', 0.5, { 1: [three] }],
        ['f', 1, { 1: [three] }],
        ['s', 1, undefined],
        ['n', undefined, undefined],
      ],
    );
    const shown = rows[3]!.code.cells.find(({ id }) => id === cell!.id)!;
    assert.deepEqual([shown.outputs, shown.execution_count], [[outputs[0]], 4]);
    const newest = `select status, code from jupyter where userid = '${who}' and token = '${who}' and status = 'f' order by id limit 1`;
    assert.equal((await typed(newest)).length, 1);
  });

  it('jupyter goes on after a hole in the record: with the next run, or with the next snapshot', async () => {
    const document = rebuild(study.conditions[0]!.document, []);
    const [cell] = document.tasks[1]!.cells.filter((each): each is CodeCell => each.type === 'code');
    const edit = (length: number, text: string) => ({
      type: 'edit',
      cell: cell!.id,
      data: { steps: [{ changes: [length, [0, text]] }] },
    });
    const { length } = cell!.source;
    const sourceAt = async (events: object[], snapshot?: { seq: number; document: Document }) => {
      const who = await participant();
      await record(who, events, snapshot);
      const [row] = (await typed(`select code from jupyter where userid = '${who}' order by id desc limit 1`)) as {
        code: Document & { cells: CodeCell[] };
      }[];
      return row!.code.cells.find(({ id }) => id === cell!.id)!.source;
    };
    const hole = [edit(length, 'a'), edit(length + 7, 'b'), edit(length + 8, 'c')];
    assert.equal(await sourceAt([...hole, { type: 'next' }]), `${cell!.source}a`);
    assert.equal(
      await sourceAt([...hole, { type: 'run', cell: cell!.id, data: { source: 'x' } }, edit(1, 'y'), { type: 'next' }]),
      'xy',
    );
    cell!.source = 'seen';
    assert.equal(
      await sourceAt([...hole, { type: 'focus' }, edit(4, '!'), { type: 'next' }], { seq: 4, document }),
      'seen!',
    );
  });

  it('copy_pasted_code has what was pasted and what scripts posted', async () => {
    const who = await participant();
    await record(who, [
      { type: 'paste', task: 'asymmetric', cell: 'asymmetric-3', data: { characters: 5, text: 'x = 1', own: false } },
      { type: 'paste', task: 'asymmetric', cell: 'asymmetric-3', data: { characters: 5, own: false } },
    ]);
    await database.query(
      `insert into submitted_pastes (study_id, participant_id, tasknum, cellid, code) values ($1, $2, '1', 'c', 'y')`,
      [study.id, who],
    );
    assert.deepEqual(
      await typed(`SELECT userid, tasknum, cellid, code FROM copy_pasted_code WHERE userid = '${who}' ORDER BY time`),
      [
        { userid: who, tasknum: '2', cellid: 'asymmetric-3', code: 'x = 1' },
        { userid: who, tasknum: '1', cellid: 'c', code: 'y' },
      ],
    );
  });

  it('are read only, and leave our own names where they are', async () => {
    await assert.rejects(typed('DELETE FROM jupyter'), /cannot delete|permission denied/);
    await assert.rejects(typed(`UPDATE "createdInstances" SET ignored = true`), /cannot update|permission denied/);
    assert.deepEqual(await typed('select count(*)::int as n from observatory.conditions where document is not null'), [
      { n: 5 },
    ]);
    assert.equal((await typed('select id from participants limit 1')).length, 1);
  });
});
