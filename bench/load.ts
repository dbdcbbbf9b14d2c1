/** `npm run load -- --participants 5000 --events 1000000`: fills the database of DATABASE_URL, to try pages and exports on. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { withDatabase } from '../src/cli/with-database.js';
import { publishStudy } from '../src/participants/study-store.js';
import { migrate } from '../src/platform/postgres/migrate.js';
import { packageRoot } from '../src/platform/root.js';
import { readStudy } from '../src/studies/read.js';
import { loadStudy } from './load-study.js';

const number = { type: 'string' } as const;
const { values } = parseArgs({ options: { participants: number, events: number } });
const [participants, events] = [Number(values.participants ?? 5_000), Number(values.events ?? 1_000_000)];

await withDatabase(async (database) => {
  await migrate(database);
  const study = await readStudy(path.join(packageRoot, 'studies/crypto-api'));
  await publishStudy(database, study);
  const since = performance.now();
  await loadStudy(database, { study, participants, events });
  const { rows } = await database.query<{ events: number }>('select count(*)::int as events from events');
  const seconds = ((performance.now() - since) / 1000).toFixed(1);
  console.log(`${participants} participants and ${rows[0]!.events} events are in ${study.id} after ${seconds} s.`);
});
