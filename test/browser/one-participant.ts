/** What a study with a link of one's own leaves in Postgres, however its participant came to the notebook. */
import assert from 'node:assert/strict';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { leave } from '../../src/participants/leave.js';
import { publishStudy } from '../../src/participants/study-store.js';
import { transaction } from '../../src/platform/postgres/database.js';
import { packageRoot } from '../../src/platform/root.js';
import { entrySchema } from '../../src/studies/entry.js';
import { readStudy } from '../../src/studies/read.js';
import { NotebookPage } from './notebook-page.js';
import type { RunningPlatform } from './running-platform.js';

export const STUDY = 'guided';

/** The study of test/studies, entered in another way. */
export async function publishEntered(platform: RunningPlatform, entry: object): Promise<void> {
  const study = await readStudy(path.join(packageRoot, 'test/studies', STUDY));
  await publishStudy(platform.database, { ...study, entry: entrySchema.parse(entry) });
}

interface Books {
  readonly participants: { readonly identity: string | null; readonly state: string }[];
  /** Also those that have ended. */
  readonly leases: string[];
  readonly leased: string[];
  readonly counters: Readonly<Record<string, number>>;
}

/** Of those who are in the study now. */
async function books({ database }: RunningPlatform): Promise<Books> {
  const inStudy = `participants where study_id = '${STUDY}' and ended_at is null`;
  const column = async (query: string): Promise<string[]> =>
    (await database.query<{ it: string }>(query)).rows.map(({ it }) => it);
  const { rows: participants } = await database.query<Books['participants'][number]>(
    `select identity, state from ${inStudy} order by identity`,
  );
  const { rows: counted } = await database.query<{ scope: string; value: number }>(
    `select split_part(scope, ':', 1) as scope, sum(value)::int as value from counters
     where study_id = '${STUDY}' and name = 'inFlight' group by 1`,
  );
  return {
    participants,
    leases: await column(
      `select instance_id as it from leases where participant_id in (select id from ${inStudy}) order by id`,
    ),
    leased: await column(`select id as it from instances where state = 'leased' order by id`),
    counters: Object.fromEntries(counted.map(({ scope, value }) => [scope, value])),
  };
}

/** Whoever has this identity works in this notebook, whose kernel runs; nobody else is in, and nothing was taken twice. */
export async function assertOneLease(platform: RunningPlatform, identity: string, page: Page): Promise<void> {
  const notebook = new NotebookPage(page);
  await notebook.test('task-title').waitFor();
  assert.equal(await notebook.run('introduction-2'), 'hello');
  await notebook.saved();
  const { instance } = notebook;
  assert.deepEqual(await books(platform), {
    participants: [{ identity, state: 'working' }],
    leases: [instance],
    leased: [instance],
    counters: { study: 1, condition: 1 },
  });
}

/** Nobody has begun. */
export async function assertNoLease(platform: RunningPlatform): Promise<void> {
  const { leases, leased, counters } = await books(platform);
  assert.deepEqual({ leases, leased, counters }, { leases: [], leased: [], counters: { study: 0, condition: 0 } });
}

/** For the next test: their instances retire, and the counters are at 0. */
export async function everybodyLeaves({ database }: RunningPlatform): Promise<void> {
  const { rows } = await database.query<{ id: string }>(
    `select id from participants where study_id = '${STUDY}' and ended_at is null`,
  );
  for (const { id: participant } of rows) {
    const leaving = { participant, to: 'withdrawn', reason: 'the test is over', actor: 'test' } as const;
    await transaction(database, (client) => leave(client, leaving));
  }
}
