/** Requests that schemathesis makes of the OpenAPI document, valid ones and broken ones, on a real Postgres and Redis. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { loadStudy } from '../../bench/load-study.js';
import { Cache } from '../../src/local/cache.js';
import { pythonEnvironment } from '../../src/local/python.js';
import { BASE } from '../../src/control/api/endpoint.js';
import { endpoints } from '../../src/control/api/endpoints.js';
import { packageRoot } from '../../src/platform/root.js';
import { ApiClient } from './api-client.js';
import { addSubjects } from './control-subjects.js';
import { RunningWeb } from './running-web.js';

const PER_OPERATION = 40;
const SEED = 20261125;

describe('the HTTP API, asked as its description allows and as it does not', function () {
  this.timeout(580_000);
  let web: RunningWeb;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'observatory-api-fuzz-'));
    web = await RunningWeb.start({ OBSERVATORY_LIMITS: 'api=100000/1000000' });
    await loadStudy(web.database, { study: web.study, participants: 100, events: 3_000 });
    const held = Array.from({ length: 40 }, (_, nth) => nth.toString(16).padStart(12, 'a'));
    await addSubjects(web, held);
    await web.makeReady(5);
  });
  after(async () => {
    await web?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('answers as it says, to every operation, without a 5xx', async () => {
    const { python } = await pythonEnvironment(
      new Cache(undefined, () => undefined),
      'api-fuzz',
      path.join(packageRoot, 'test/fuzz/requirements.txt'),
    );
    const client = await ApiClient.with(web, 'fuzz', 'admin');
    const document = await withRealIds(web, (await client.get('/openapi.json')).body);
    await writeFile(path.join(folder, 'openapi.json'), JSON.stringify(document));
    const options = [
      ...['--url', `${web.address}/control/api/v1`, '--header', `Authorization: Bearer ${client.token}`],
      ...['--checks', 'all', '--phases', 'examples,coverage,fuzzing', '--max-examples', String(PER_OPERATION)],
      ...['--seed', String(SEED), '--generation-database', 'none', '--no-color', '--report', 'ndjson'],
      ...['--report-ndjson-path', path.join(folder, 'report.ndjson')],
    ];
    const run = spawn(python, ['-m', 'schemathesis.cli', 'run', 'openapi.json', ...options], { cwd: folder });
    const [said, problems, [code]] = await Promise.all([
      text(run.stdout),
      text(run.stderr),
      once(run, 'exit') as Promise<[number]>,
    ]);
    assert.equal(code, 0, said + problems);
    assert.deepEqual(web.lines.filter(({ level }) => level >= 50).slice(0, 5), []);
    const statuses = await answered(path.join(folder, 'report.ndjson'));
    for (const { name, method, path: way } of endpoints) {
      const label = `${method} ${way.slice(BASE.length).replace(/:(\w+)/g, '{$1}')}`;
      assert.ok(statuses.get(label)?.has(200), `${name} was never answered with 200`);
    }
    console.log(`      ${/([\d,]+) generated/.exec(said)?.[0]}, seed ${SEED}`);
  });
});

interface Finished {
  readonly ScenarioFinished?: {
    readonly recorder: {
      readonly label: string;
      readonly interactions?: Readonly<Record<string, { readonly response?: { readonly status_code: number } | null }>>;
    };
  };
}

/** The statuses by operation, as schemathesis has written them down. */
async function answered(report: string): Promise<ReadonlyMap<string, ReadonlySet<number>>> {
  const statuses = new Map<string, Set<number>>();
  for (const line of (await readFile(report, 'utf8')).trimEnd().split('\n')) {
    const { ScenarioFinished: finished } = JSON.parse(line) as Finished;
    if (finished === undefined) continue;
    const { label, interactions } = finished.recorder;
    const own = statuses.get(label) ?? new Set();
    for (const { response } of Object.values(interactions ?? {})) if (response) own.add(response.status_code);
    statuses.set(label, own);
  }
  return statuses;
}

/** The description with ids that there are, so that half of what is asked is asked of something. */
async function withRealIds({ database }: RunningWeb, document: Record<string, unknown>): Promise<object> {
  const ids = async (rows: string): Promise<string[]> =>
    (await database.query<{ id: string }>(`select id from ${rows} order by id`)).rows.map(({ id }) => id);
  const real: Readonly<Record<string, readonly string[]>> = {
    study: await ids('studies'),
    participant: await ids('participants'),
    instance: await ids(`instances where state in ('leased', 'ready')`),
  };
  return JSON.parse(JSON.stringify(document), (key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    if (key === 'from' && 'enum' in value && (value.enum as string[]).includes('leased'))
      return { anyOf: [{ const: 'leased' }, value] };
    if (!('in' in value) || value.in !== 'path') return value;
    const { name, schema, ...rest } = value as unknown as { name: string; schema: object };
    return { ...rest, name, schema: { anyOf: [{ enum: real[name] }, schema] } };
  }) as object;
}
