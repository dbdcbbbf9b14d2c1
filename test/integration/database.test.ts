/** What the database promises whoever uses it, on a real Postgres. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { type LocalServices, startServices } from '../../src/local/index.js';
import * as manager from '../../src/manager/statements.js';
import { everHad } from '../../src/participants/lease.js';
import { readOverview } from '../../src/control/overview/overview.js';
import { packageRoot } from '../../src/platform/root.js';
import { type Database, openDatabase, type Queryable, transaction } from '../../src/platform/postgres/database.js';
import { poll } from '../poll.js';
import { migrate, MIGRATION_LOCK } from '../../src/platform/postgres/migrate.js';

const OVER = 20_000;

describe('the database', function () {
  this.timeout(300_000);
  let runDir: string;
  let services: LocalServices;
  let database: Database;
  before(async () => {
    runDir = await mkdtemp(path.join(tmpdir(), 'observatory-database-'));
    services = await startServices({ runDir, only: ['postgres'] });
    database = openDatabase(services.environment['DATABASE_URL']!, () => undefined);
    await migrate(database);
  });
  after(async () => {
    await database?.end();
    await services?.stop();
    await rm(runDir, { recursive: true, force: true });
  });

  it('that goes away within a transaction fails this transaction, and nothing else', async () => {
    const cut = transaction(database, async (client) => {
      const { rows } = await client.query<{ id: number }>('select pg_backend_pid() as id');
      await database.query('select pg_terminate_backend($1)', [rows[0]!.id]);
      await client.query('select pg_sleep(5)');
    });
    await assert.rejects(cut, /terminat|connection/i);
    assert.equal((await database.query('select 1')).rowCount, 1);
  });

  it('lets a migration wait and work longer than any other statement may', async () => {
    const hurried = new pg.Pool({ ...database.options, statement_timeout: 200, query_timeout: 400 });
    const holder = await database.connect();
    try {
      await holder.query('begin');
      await holder.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
      await assert.rejects(hurried.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]), /statement timeout/);
      const migrated = migrate(hurried);
      // Longer than the pool's limits; the lock is what it waits for.
      const waits = `select from pg_locks where locktype = 'advisory' and not granted`;
      await poll('a migration that waits', async () => (await database.query(waits)).rowCount === 1, 20);
      await database.query('select pg_sleep(0.6)');
      await holder.query('commit');
      assert.deepEqual(await migrated, []);
    } finally {
      holder.release();
      await hurried.end();
    }
  });

  it('can be read by the role that the docs make, pastes and later tables too: defect 25', async () => {
    const docs = await readFile(path.join(packageRoot, 'docs/researchers.md'), 'utf8');
    const [, statements = ''] = /```sql\n(create role observatory_reader[^`]*)```/.exec(docs) ?? [];
    await database.query(statements);
    await database.query('create table of_a_later_version ()');
    const address = new URL(services.environment['DATABASE_URL']!);
    [address.username, address.password] = ['observatory_reader', 'choose-a-long-one'];
    const reader = openDatabase(address.href, () => undefined);
    try {
      const { rows } = await database.query<{ name: string }>(
        `select tablename as name from pg_tables where schemaname = 'observatory'`,
      );
      const names = rows.map(({ name }) => name);
      assert.ok(names.includes('submitted_pastes') && names.includes('of_a_later_version'));
      for (const name of names) await reader.query(`select from ${name} limit 1`);
      await assert.rejects(reader.query('delete from submitted_pastes'), /permission denied/);
    } finally {
      await reader.end();
      await database.query('drop table of_a_later_version');
    }
  });

  it('reads nothing of the instances and leases that are over, however many they are', async () => {
    await fillHistory(database);
    const asked: Question[] = [];
    const recorder: Queryable = {
      query: (statement: string | pg.QueryConfig, values: unknown[] = []) => {
        const { text, values: own = values } = typeof statement === 'string' ? { text: statement } : statement;
        asked.push({ text, values: own });
        return database.query(text, own);
      },
    };
    assert.ok(await everHad(recorder, 'p00000000009', '000000000009'));
    await readOverview(recorder, 30);
    asked.push({ text: manager.viewRows, values: [] }, { text: manager.viewFailures, values: [] });
    asked.push({ text: manager.intendSome, values: [0, ['aaaaaaaaaaaa'], 'default', 9, 'test', false] });
    const reading = asked.filter(({ text }) => /\b(instances|leases)\b/.test(text));
    assert.ok(reading.length >= 6);
    for (const question of reading) {
      const rows = await rowsTouched(database, question);
      assert.ok(rows < 100, `${rows} rows of instances or leases are read for\n${question.text}`);
    }
  });
});

interface Question {
  readonly text: string;
  readonly values: unknown[];
}

/** Instances that have stopped or failed, each with a lease that has ended. */
async function fillHistory(database: Database): Promise<void> {
  await database.query(`insert into studies (id, title, definition, revision) values ('over', 'Over', '{}', '1')`);
  await database.query(
    `insert into participants (id, study_id, token) select 'p' || lpad(n::text, 11, '0'), 'over', 't' || lpad(n::text, 11, '0')
     from generate_series(1, $1) n`,
    [OVER],
  );
  await database.query(
    `insert into instances (id, study_id, profile, state, reason, created_at, stopped_at)
     select lpad(n::text, 12, '0'), 'over', 'default', case when n % 2 = 0 then 'failed' else 'stopped' end, 'over',
       now() - interval '1 hour' - n * interval '1 minute', now() - n * interval '1 minute' from generate_series(1, $1) n`,
    [OVER],
  );
  await database.query(
    `insert into leases (study_id, participant_id, instance_id, ended_at, end_reason)
     select 'over', 'p' || lpad(n::text, 11, '0'), lpad(n::text, 12, '0'), now(), 'over' from generate_series(1, $1) n`,
    [OVER],
  );
  await database.query('analyze');
}

interface PlanNode {
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

async function rowsTouched(database: Database, { text, values }: Question): Promise<number> {
  const { rows } = await database.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
    `explain (analyze, format json) ${text}`,
    values,
  );
  const touched = (node: PlanNode): number => {
    const own = /^(instances|leases)$/.test(node['Relation Name'] ?? '') ? node['Actual Rows'] : 0;
    return (node.Plans ?? []).reduce((sum, each) => sum + touched(each), own + (node['Rows Removed by Filter'] ?? 0));
  };
  return touched(rows[0]!['QUERY PLAN'][0].Plan);
}
