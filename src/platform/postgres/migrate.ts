import { type Database, type Queryable, transaction, withoutLimits } from './database.js';
import { sql as mainPath } from './migrations/0001-main-path.js';
import { sql as manager } from './migrations/0002-manager.js';
import { sql as liveStudyState } from './migrations/0003-live-study-state.js';
import { sql as history } from './migrations/0004-history.js';
import { sql as record } from './migrations/0005-record.js';
import { sql as prepare } from './migrations/0006-prepare.js';
import { sql as submissions } from './migrations/0007-submissions.js';
import { sql as answers } from './migrations/0008-answers.js';
import { sql as lateEvents } from './migrations/0009-late-events.js';
import { sql as balancing } from './migrations/0010-balancing.js';
import { sql as identities } from './migrations/0011-identities.js';
import { sql as waitingLine } from './migrations/0012-waiting-line.js';
import { sql as addressKeys } from './migrations/0013-address-keys.js';
import { sql as refusalTexts } from './migrations/0014-refusal-texts.js';
import { sql as accounts } from './migrations/0015-accounts.js';
import { sql as oldNames } from './migrations/0016-old-names.js';
import { sql as instanceTime } from './migrations/0017-instance-time.js';
import { sql as tokenTold } from './migrations/0018-token-told.js';
import { sql as studyFiles } from './migrations/0019-study-files.js';
import { sql as readyInstances } from './migrations/0020-ready-instances.js';
import { sql as screenings } from './migrations/0021-screenings.js';
import { sql as erased } from './migrations/0022-erased.js';
import { sql as accountsElsewhere } from './migrations/0023-accounts-elsewhere.js';
import { sql as people } from './migrations/0024-people.js';
import { sql as instancesInOrder } from './migrations/0025-instances-in-order.js';
import { sql as storeContinuing } from './migrations/0026-store-continuing.js';
import { sql as apiTokens } from './migrations/0027-api-tokens.js';
import { sql as moves } from './migrations/0028-moves.js';
import { sql as usersAndAudit } from './migrations/0029-users-and-audit.js';
import { sql as studyVersions } from './migrations/0030-study-versions.js';

const migrations: readonly { readonly version: number; readonly sql: string }[] = [
  { version: 1, sql: mainPath },
  { version: 2, sql: manager },
  { version: 3, sql: liveStudyState },
  { version: 4, sql: history },
  { version: 5, sql: record },
  { version: 6, sql: prepare },
  { version: 7, sql: submissions },
  { version: 8, sql: answers },
  { version: 9, sql: lateEvents },
  { version: 10, sql: balancing },
  { version: 11, sql: identities },
  { version: 12, sql: waitingLine },
  { version: 13, sql: addressKeys },
  { version: 14, sql: refusalTexts },
  { version: 15, sql: accounts },
  { version: 16, sql: oldNames },
  { version: 17, sql: instanceTime },
  { version: 18, sql: tokenTold },
  { version: 19, sql: studyFiles },
  { version: 20, sql: readyInstances },
  { version: 21, sql: screenings },
  { version: 22, sql: erased },
  { version: 23, sql: accountsElsewhere },
  { version: 24, sql: people },
  { version: 25, sql: instancesInOrder },
  { version: 26, sql: storeContinuing },
  { version: 27, sql: apiTokens },
  { version: 28, sql: moves },
  { version: 29, sql: usersAndAudit },
  { version: 30, sql: studyVersions },
];

/** The migrations that this version knows. */
export const knownMigrations: readonly number[] = migrations.map(({ version }) => version);

/** One lock number for all who migrate this application, whatever the process. */
export const MIGRATION_LOCK = 0x0b5e7a;

export class NewerDatabaseError extends Error {
  constructor(found: number, known: number) {
    super(
      `The database is at migration ${found}, but this version of the Observatory knows only up to ${known}. ` +
        'Run the version that migrated it, or a newer one.',
    );
  }
}

/**
 * Brings the schema up to date and returns the versions that this call applied.
 * Safe when several start at once: all run under one advisory lock, in one transaction.
 */
export async function migrate(database: Database): Promise<number[]> {
  return withoutLimits(database, (patient) => transaction(patient, migrateWithin));
}

async function migrateWithin(client: Queryable): Promise<number[]> {
  await client.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
  await client.query(
    'create table if not exists public.observatory_migrations (version integer primary key, applied_at timestamptz not null default now())',
  );
  const { rows } = await client.query<{ version: number }>('select version from public.observatory_migrations');
  const applied = new Set(rows.map((row) => row.version));
  const known = Math.max(...knownMigrations);
  const newest = Math.max(0, ...applied);
  if (newest > known) throw new NewerDatabaseError(newest, known);

  const missing = migrations.filter((migration) => !applied.has(migration.version));
  for (const { version, sql } of missing) {
    await client.query(sql);
    await client.query('insert into public.observatory_migrations (version) values ($1)', [version]);
  }
  return missing.map((migration) => migration.version);
}

/** The migrations that the database has; none when nobody ever migrated it. */
export async function appliedMigrations(database: Queryable): Promise<number[]> {
  const { rows: found } = await database.query<{ there: boolean }>(
    "select to_regclass('public.observatory_migrations') is not null as there",
  );
  if (found[0]?.there !== true) return [];
  const { rows } = await database.query<{ version: number }>(
    'select version from public.observatory_migrations order by version',
  );
  return rows.map(({ version }) => version);
}
