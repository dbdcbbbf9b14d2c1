/** The lead and the term of a manager, on a real Postgres, Redis and Consul; nobody answers as Nomad. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { type LocalServices, startServices } from '../../src/local/index.js';
import { freePort } from '../../src/local/ports.js';
import { type Manager, startManager } from '../../src/manager/index.js';
import { ConsulClient } from '../../src/platform/consul.js';
import { readLeadership } from '../../src/platform/pass-report.js';
import { type Database, openDatabase } from '../../src/platform/postgres/database.js';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { readSettings } from '../../src/platform/settings.js';
import { poll } from '../poll.js';

describe('a manager that leads', function () {
  this.timeout(300_000);
  let runDir: string;
  let services: LocalServices;
  let database: Database;
  let consul: ConsulClient;
  let manager: Manager | undefined;
  before(async () => {
    runDir = await mkdtemp(path.join(tmpdir(), 'observatory-lead-'));
    services = await startServices({ runDir, only: ['postgres', 'redis', 'consul'] });
    consul = new ConsulClient({ CONSUL_HTTP_ADDR: services.environment['CONSUL_HTTP_ADDR']! });
    database = openDatabase(services.environment['DATABASE_URL']!, () => undefined);
    await migrate(database);
  });
  after(async () => {
    consul?.close();
    await database?.end();
    await services?.stop();
    await rm(runDir, { recursive: true, force: true });
  });
  afterEach(() => manager?.stop());

  const start = async () => {
    const settings = readSettings({
      ...services.environment,
      NOMAD_ADDR: `http://127.0.0.1:${await freePort()}`,
      OBSERVATORY_PUBLIC_URL: 'http://127.0.0.1:9',
      OBSERVATORY_SECRET: 'x'.repeat(32),
      OBSERVATORY_PASS_SECONDS: '0.2',
    });
    manager = await startManager({ settings, log: pino({ level: 'silent' }) });
  };
  const reported = (since: Date) =>
    poll(
      'a pass is reported',
      async () => {
        const { reportedAt, term } = await readLeadership(database);
        return reportedAt !== null && reportedAt > since && term;
      },
      60,
    );
  const now = async () => (await database.query<{ now: Date }>('select now()')).rows[0]!.now;

  it('takes the lead anew when another one, which does not lead, has raised the term', async () => {
    await start();
    const term = Number(await reported(new Date(0)));
    await database.query(
      `update leadership set term = term + 1, holder = 'one that was frozen while it took the lead'`,
    );
    assert.equal(await reported(await now()), term + 2);
  });

  it('leaves the lock to others while Postgres gives it no term', async () => {
    await database.query('alter table leadership rename to away');
    await start();
    try {
      const session = await poll('it asks for the lead', () => consul.createSession('test', 10), 30);
      await poll('another gets the lock', () => consul.acquire('observatory/leader', 'test', session), 8);
      await consul.release('observatory/leader', session);
    } finally {
      await database.query('alter table away rename to leadership');
    }
    await reported(await now());
  });
});
