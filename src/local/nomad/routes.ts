import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { canonicalize } from './canonical.js';
import { parseFilter } from './filter.js';
import { parseJobFile } from './hcl.js';
import type { Answer, Call, Route } from './http.js';
import type { Jobs } from './jobs.js';
import { isObject } from './json.js';
import type { Store } from './store.js';
import { NomadError, type Allocation } from './types.js';
import { allocationRow, evaluationRows, jobRow, page } from './views.js';

export interface Surroundings {
  store: Store;
  jobs: Jobs;
  python: string;
  /** Folder of the allocations. */
  root: string;
  address: () => string;
}

const allowedWait = { default: 300_000, most: 600_000 };

function waitMilliseconds(query: URLSearchParams): number {
  const [, amount, unit] = /^([\d.]+)(ms|s|m)$/.exec(query.get('wait') ?? '') ?? [];
  if (amount === undefined) return allowedWait.default;
  const milliseconds = Number(amount) * { ms: 1, s: 1000, m: 60_000 }[unit as 'ms' | 's' | 'm'];
  return Math.min(milliseconds || allowedWait.default, allowedWait.most);
}

/** A read that can wait: with ?index= it answers when its table was written after that, or when the wait is over. */
async function blocking(store: Store, call: Call, read: () => Answer): Promise<Answer> {
  const after = Number(call.query.get('index') ?? 0);
  const signal = AbortSignal.any([AbortSignal.timeout(waitMilliseconds(call.query)), call.signal]);
  for (;;) {
    const answer = read();
    if (after === 0 || (answer.index ?? 0) > after || signal.aborted) {
      return { ...answer, index: Math.max(answer.index ?? 0, 1), read: true };
    }
    await store.nextWrite(signal);
  }
}

function inNamespace(call: Call): (item: { Namespace: string }) => boolean {
  const wanted = call.query.get('namespace') ?? 'default';
  return (item) => wanted === '*' || item.Namespace === wanted;
}

function filterOf(call: Call): (item: unknown) => boolean {
  const expression = call.query.get('filter');
  return expression === null || expression === '' ? () => true : parseFilter(expression);
}

function listJobs({ store }: Surroundings, call: Call): Answer {
  const prefix = call.query.get('prefix') ?? '';
  const jobs = [...store.jobs.values()]
    .filter(inNamespace(call))
    .filter((job) => job.ID.startsWith(prefix))
    .filter(filterOf(call))
    .sort((one, other) => (one.ID < other.ID ? -1 : 1));
  const { rows, next } = page(jobs, (job) => `${job.Namespace}.${job.ID}`, call.query);
  const withMeta = call.query.get('meta') === 'true';
  return { body: rows.map((job) => jobRow(store, job, withMeta)), index: store.tables.jobs, nextToken: next };
}

function listAllocations({ store }: Surroundings, call: Call): Answer {
  const allocations = [...store.allocations.values()]
    .filter(inNamespace(call))
    .filter(({ ID }) => ID.startsWith(call.query.get('prefix') ?? ''))
    .filter(filterOf(call))
    .sort((one, other) => (one.ID < other.ID ? -1 : 1));
  const { rows, next } = page(allocations, ({ ID }) => ID, call.query);
  const withResources = call.query.get('resources') === 'true';
  const body = rows.map((allocation) => allocationRow(allocation, withResources));
  return { body, index: store.tables.allocations, nextToken: next };
}

function listEvaluations({ store }: Surroundings, call: Call): Answer {
  const wanted = filterOf(call);
  const evaluations = [...store.evaluations.values()]
    .filter(inNamespace(call))
    // Fields that an evaluation leaves out when they are empty can be asked for all the same.
    .filter((evaluation) => wanted({ StatusDescription: '', PreviousEval: '', BlockedEval: '', ...evaluation }))
    .sort((one, other) => (one.ID < other.ID ? -1 : 1));
  const { rows, next } = page(evaluations, ({ ID }) => ID, call.query);
  return { body: rows, index: store.tables.evaluations, nextToken: next };
}

function getJob({ store }: Surroundings, id: string): Answer {
  const job = store.jobs.get(id);
  if (!job) return { body: 'job not found', plain: true, status: 404, index: store.tables.jobs };
  return { body: job, index: job.ModifyIndex };
}

function getAllocation({ store }: Surroundings, id: string): Answer {
  if (id.length !== 36) throw new NomadError(500, 'alloc lookup failed: index error: UUID must be 36 characters');
  const allocation = store.allocations.get(id);
  if (!allocation) return { body: 'alloc not found', plain: true, status: 404, index: store.tables.allocations };
  return { body: allocation, index: allocation.ModifyIndex };
}

function readLogs({ store, root }: Surroundings, call: Call): Answer {
  const allocation: Allocation | undefined = store.allocations.get(call.params[0] ?? '');
  const task = call.query.get('task') ?? '';
  const type = call.query.get('type') ?? '';
  if (!allocation) throw new NomadError(404, `Unknown allocation "${call.params[0] ?? ''}"`);
  if (!allocation.TaskStates?.[task]) throw new NomadError(400, `unknown task name "${task}"`);
  if (type !== 'stdout' && type !== 'stderr') throw new NomadError(400, 'Must provide log type (stdout/stderr)');
  const name = `${task}.${type}.0`;
  const file = path.join(root, allocation.ID, 'alloc', 'logs', name);
  const content = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  if (call.query.get('plain') === 'true') return { body: content.toString('utf8'), plain: true };
  return { body: { Data: content.toString('base64'), File: `alloc/logs/${name}`, Offset: content.length } };
}

function streamEvents({ store }: Surroundings, call: Call): undefined {
  const topics = call.query.getAll('topic').map((topic): [string, string] => {
    const [name = '*', ...key] = topic.split(':');
    return [name, key.join(':') || '*'];
  });
  store.events.subscribe(
    call.response,
    topics.length > 0 ? topics : [['*', '*']],
    Number(call.query.get('index') ?? 0),
  );
  return undefined;
}

async function parseJob({ python }: Surroundings, { body }: Call): Promise<Answer> {
  if (typeof body.JobHCL !== 'string' || body.JobHCL === '') throw new NomadError(400, 'Job spec is empty');
  const job = await parseJobFile(python, body.JobHCL, typeof body.Variables === 'string' ? body.Variables : '');
  return { body: body.Canonicalize === true ? canonicalize(job) : job };
}

function jobOf(call: Call) {
  if (!isObject(call.body.Job)) throw new NomadError(400, 'Job must be specified');
  return call.body.Job;
}

function writeRoutes(around: Surroundings): Route[] {
  const { jobs, store } = around;
  const written = (body: { Index?: unknown }): Answer => ({ body, index: Number(body.Index) });
  return [
    { method: 'PUT', path: /^\/v1\/jobs\/parse$/, handle: (call) => parseJob(around, call) },
    { method: 'PUT', path: /^\/v1\/jobs$/, handle: (call) => written(jobs.register(jobOf(call))) },
    {
      method: 'PUT',
      path: /^\/v1\/job\/(.+)\/plan$/,
      handle: (call) => written(jobs.plan(jobOf(call), call.body.Diff === true)),
    },
    {
      method: 'PUT',
      path: /^\/v1\/job\/(.+)\/dispatch$/,
      handle: ({ params: [id = ''], query, body }) =>
        written(jobs.dispatch(id, body, query.get('idempotency_token') ?? '')),
    },
    {
      method: 'DELETE',
      path: /^\/v1\/job\/(.+)$/,
      handle: ({ params: [id = ''], query }) => written(jobs.deregister(id, query.get('purge') === 'true')),
    },
    { method: 'GET', path: /^\/v1\/event\/stream$/, handle: (call) => streamEvents(around, call) },
    { method: 'GET', path: /^\/v1\/client\/fs\/logs\/([^/]+)$/, handle: (call) => readLogs(around, call) },
    { method: 'GET', path: /^\/v1\/status\/leader$/, handle: () => ({ body: around.address() }) },
    { method: 'GET', path: /^\/v1\/agent\/self$/, handle: () => ({ body: agentSelf(store.lastIndex) }) },
    {
      method: 'GET',
      path: /^\/v1\/agent\/health$/,
      handle: () => ({ body: { client: { message: 'ok', ok: true }, server: { message: 'ok', ok: true } } }),
    },
  ];
}

function readRoutes(around: Surroundings): Route[] {
  const { store } = around;
  const get = (pattern: RegExp, read: (call: Call) => Answer): Route => ({
    method: 'GET',
    path: pattern,
    handle: (call) => blocking(store, call, () => read(call)),
  });
  return [
    get(/^\/v1\/jobs$/, (call) => listJobs(around, call)),
    get(/^\/v1\/job\/(.+)\/allocations$/, ({ params: [id = ''] }) => ({
      body: store.allocationsOf(id).map((allocation) => allocationRow(allocation, false)),
      index: store.tables.allocations,
    })),
    get(/^\/v1\/job\/(.+)\/evaluations$/, ({ params: [id = ''] }) => ({
      body: evaluationRows(store.evaluationsOf(id)),
      index: store.tables.evaluations,
    })),
    get(/^\/v1\/job\/(.+)$/, ({ params: [id = ''] }) => getJob(around, id)),
    get(/^\/v1\/allocations$/, (call) => listAllocations(around, call)),
    get(/^\/v1\/allocation\/([^/]+)$/, ({ params: [id = ''] }) => getAllocation(around, id)),
    get(/^\/v1\/evaluations$/, (call) => listEvaluations(around, call)),
  ];
}

function agentSelf(lastIndex: number): object {
  return {
    config: {
      Region: 'global',
      Datacenter: 'dc1',
      Version: { Version: '1.6.3', VersionMetadata: 'observatory.standin' },
    },
    member: { Name: 'observatory-standin.global', Status: 'alive', Tags: { region: 'global', dc: 'dc1' } },
    stats: { raft: { applied_index: String(lastIndex) } },
  };
}

/** Only the calls that the system makes. */
export const standInRoutes = (around: Surroundings): Route[] => [...writeRoutes(around), ...readRoutes(around)];
