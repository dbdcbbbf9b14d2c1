/** The notebook of docs/analysis on a real export, in the Python that its requirements pin. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { loadStudy } from '../../bench/load-study.js';
import { exportStudy } from '../../src/control/export/export.js';
import { readTaskTimes } from '../../src/control/study/task-times.js';
import { Cache } from '../../src/local/cache.js';
import { type LocalServices, startServices } from '../../src/local/index.js';
import { pythonEnvironment } from '../../src/local/python.js';
import { publishStudy } from '../../src/participants/study-store.js';
import { type Database, openDatabase } from '../../src/platform/postgres/database.js';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { packageRoot } from '../../src/platform/root.js';
import { readStudy } from '../../src/studies/read.js';

const run = promisify(execFile);
const folder = path.join(packageRoot, 'docs/analysis');

/** For docs/researchers.md. */
const PICTURES = { 'analysis-funnel.png': 'figure-1.png', 'analysis-task-times.png': 'figure-3.png' };

/** After the cells: what they found, and the figures that they drew. */
const TOLD = `
for number in plt.get_fignums():
    plt.figure(number).savefig(f"figure-{number}.png", dpi=110)
medians = times.groupby("current")["minutes"].median()
print(json.dumps({"funnel": funnel.to_dict(), "outcome": outcome.sum().to_dict(), "medians": medians.to_dict(), "left": times.groupby("current").size().to_dict()}))
`;

interface Told {
  readonly funnel: Record<string, number>;
  readonly outcome: Record<string, number>;
  readonly medians: Record<string, number>;
  readonly left: Record<string, number>;
}

describe('the analysis notebook', function () {
  this.timeout(600_000);
  let runDir: string;
  let services: LocalServices;
  let database: Database;
  before(async () => {
    runDir = await mkdtemp(path.join(tmpdir(), 'observatory-analysis-'));
    services = await startServices({ runDir, only: ['postgres'] });
    database = openDatabase(services.environment['DATABASE_URL']!, () => undefined);
    await migrate(database);
    const study = await readStudy(path.join(packageRoot, 'studies/crypto-api'));
    await publishStudy(database, study);
    await loadStudy(database, { study, participants: 300, events: 12_000 });
  });
  after(async () => {
    await database?.end();
    await services?.stop();
    await rm(runDir, { recursive: true, force: true });
  });

  it('finds in an export what the database says, and draws it', async () => {
    const file = path.join(runDir, 'study.zip');
    const output = createWriteStream(file);
    await exportStudy({ database, studyId: 'crypto-api', format: 'native', output, progress: () => undefined });
    const told = await runCells(runDir, file);

    const { rows } = await database.query<Record<string, number>>(
      `select count(*)::int as arrived, count(consented_at)::int as consented, count(queued_at)::int as "got a condition",
         count(working_at)::int as worked, (count(*) filter (where state = 'finished'))::int as finished from participants`,
    );
    assert.deepEqual(told.funnel, rows[0]);
    assert.ok(rows[0]!['finished']! > 100);
    const states = await database.query<{ state: string; n: number }>(
      'select state, count(*)::int as n from participants where condition is not null group by state',
    );
    assert.deepEqual(told.outcome, Object.fromEntries(states.rows.map(({ state, n }) => [state, n])));
    const expected = await database.query<{ task: string; n: number; median: number }>(TASK_TIMES);
    assert.deepEqual(Object.keys(told.medians).sort(), ['asymmetric', 'symmetric']);
    for (const { task, n, median } of expected.rows) {
      assert.equal(told.left[task], n, task);
      assert.ok(Math.abs(told.medians[task]! - median) < 1e-6, `${task}: ${told.medians[task]} and ${median} minutes`);
    }
    // The study's page says the same.
    for (const { task, condition, participants, open } of await readTaskTimes(database, 'crypto-api', [
      'asymmetric',
      'symmetric',
    ])) {
      if (condition !== null) continue;
      assert.equal(participants, told.left[task], task);
      assert.ok(
        Math.abs(open[1] / 60 - told.medians[task]!) < 1e-6,
        `${task}: ${open[1] / 60} and ${told.medians[task]} minutes`,
      );
    }
    const figures = (await readdir(runDir)).filter((name) => name.startsWith('figure-'));
    assert.equal(figures.length, 3);
    const pictures = process.env.OBSERVATORY_PICTURES;
    for (const [name, figure] of pictures === undefined ? [] : Object.entries(PICTURES)) {
      await cp(path.join(runDir, figure), path.join(pictures!, name));
    }
  });
});

/** Made-up participants have one page, so a task's time is from the move before it to the move that leaves it. */
const TASK_TIMES = `
  with moves as (
    select participant_id, task, clock - lag(clock) over (partition by participant_id order by seq) as spent
    from events where type in ('open', 'start', 'next', 'skip', 'time-up', 'finish'))
  select task, count(*)::int as n, percentile_cont(0.5) within group (order by spent) / 60000 as median
  from moves where task in ('symmetric', 'asymmetric') group by task`;

async function runCells(runDir: string, file: string): Promise<Told> {
  const cache = new Cache(undefined, () => undefined);
  const { python } = await pythonEnvironment(cache, 'analysis', path.join(folder, 'requirements.txt'));
  const notebook = JSON.parse(await readFile(path.join(folder, 'export.ipynb'), 'utf8')) as {
    cells: { cell_type: string; source: string[] }[];
  };
  const cells = notebook.cells.filter(({ cell_type }) => cell_type === 'code').map(({ source }) => source.join(''));
  const script = path.join(runDir, 'cells.py');
  await writeFile(script, `${cells.join('\n\n')}\n${TOLD}`);
  const env = { ...process.env, OBSERVATORY_EXPORT: file, MPLBACKEND: 'agg', MPLCONFIGDIR: runDir };
  const { stdout } = await run(python, ['-W', 'error', script], { cwd: runDir, env });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as Told;
}
