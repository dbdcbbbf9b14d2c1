import { isTrue } from './go-bool.js';
import { canonicalize } from './canonical.js';
import { jobDiff } from './diff.js';
import { parseJobFile } from './hcl.js';
import type { Answer, Call, Route } from './http.js';
import { isObject, type JsonObject } from './json.js';
import { byName } from './page.js';
import { blocking, inNamespace, list, type Surroundings } from './reads.js';
import { NomadError, type Job } from './types.js';
import { validation } from './validate.js';
import { allocationRow, jobRow, jobSummary, newestFirst } from './views.js';

const byNamespaceAndId = byName<Job>((job) => `${job.Namespace}.${job.ID}`);

function listJobs({ store, acl }: Surroundings, call: Call): Answer {
  const mine = inNamespace(call);
  const items = [...store.jobs.values()].filter(
    (job) => mine(job) && acl.allows(call.token, 'list-jobs', job.Namespace),
  );
  const withMeta = isTrue(call.query.get('meta'));
  const row = (job: Job) => jobRow(store, job, withMeta);
  return list(call, { items, order: byNamespaceAndId, seen: (job) => job, row, index: store.tables.jobs });
}

function getJob({ store }: Surroundings, { namespace }: Call, id: string): Answer {
  const job = store.job(namespace, id);
  if (!job) return { body: 'job not found', plain: true, status: 404, index: store.tables.jobs };
  // Answered as it was given, not as it is kept.
  return { body: { ...job, Payload: null }, index: job.ModifyIndex };
}

function getSummary({ store }: Surroundings, { namespace }: Call, id: string): Answer {
  const job = store.job(namespace, id);
  if (!job) return { body: 'job not found', plain: true, status: 404, index: store.tables.jobs };
  const summary = jobSummary(store, job);
  return { body: summary, index: summary.ModifyIndex };
}

function getVersions({ store }: Surroundings, { namespace, query }: Call, id: string): Answer {
  const versions = store.versionsOf({ Namespace: namespace, ID: id });
  const [newest] = versions;
  if (!newest) return { body: 'job versions not found', plain: true, status: 404, index: store.tables.jobs };
  const diffs = versions.slice(0, -1).map((version, position) => jobDiff(versions[position + 1], version));
  const Diffs = isTrue(query.get('diffs')) && diffs.length > 0 ? diffs : null;
  const index = newest.ModifyIndex;
  const meta = { Index: index, KnownLeader: true, LastContact: 0, NextToken: '' };
  return { body: { Diffs, ...meta, Versions: versions }, index };
}

async function parseJob({ python }: Surroundings, { body }: Call): Promise<Answer> {
  if (typeof body.JobHCL !== 'string' || body.JobHCL === '') throw new NomadError(400, 'Job spec is empty');
  const job = await parseJobFile(python, body.JobHCL, typeof body.Variables === 'string' ? body.Variables : '');
  return { body: body.Canonicalize === true ? canonicalize(job) : job };
}

/** The job that a write is about; a job names its namespace itself, else the call does. */
function jobOf({ acl }: Surroundings, call: Call, id?: string): Job {
  if (!isObject(call.body.Job)) throw new NomadError(400, 'Job must be specified');
  const given: JsonObject = call.body.Job;
  if (typeof given.ID !== 'string' || given.ID === '') throw new NomadError(400, "Job ID hasn't been provided");
  if (id !== undefined && given.ID !== id) throw new NomadError(400, 'Job ID does not match');
  const job = canonicalize({ Namespace: call.namespace, ...given });
  acl.check(call.token, 'submit-job', job.Namespace);
  return job;
}

const written = (body: { Index?: unknown }): Answer => ({ body, index: Number(body.Index) });

export function jobWrites(around: Surroundings): Route[] {
  const { jobs } = around;
  const register = (call: Call, id?: string) => {
    const check = { enforce: call.body.EnforceIndex === true, index: Number(call.body.JobModifyIndex ?? 0) };
    return written(jobs.register(jobOf(around, call, id), check));
  };
  return [
    {
      method: 'PUT',
      path: /^\/v1\/jobs\/parse$/,
      need: ['parse-job', 'submit-job'],
      byAgent: true,
      handle: (call) => parseJob(around, call),
    },
    {
      method: 'PUT',
      path: /^\/v1\/validate\/job$/,
      need: 'read-job',
      handle: ({ body }) => ({ body: validation(body.Job) }),
    },
    { method: 'PUT', path: /^\/v1\/jobs$/, need: undefined, handle: (call) => register(call) },
    {
      method: 'PUT',
      path: /^\/v1\/job\/(.+)\/plan$/,
      need: undefined,
      handle: (call) => written(jobs.plan(jobOf(around, call, call.params[0]), call.body.Diff === true)),
    },
    {
      method: 'PUT',
      path: /^\/v1\/job\/(.+)\/dispatch$/,
      need: 'dispatch-job',
      handle: async ({ namespace, params: [id = ''], query, body }) =>
        written(await jobs.dispatch(namespace, id, body, query.get('idempotency_token') ?? '')),
    },
    { method: 'PUT', path: /^\/v1\/job\/([^/]+)$/, need: undefined, handle: (call) => register(call, call.params[0]) },
    {
      method: 'DELETE',
      path: /^\/v1\/job\/(.+)$/,
      need: 'submit-job',
      handle: ({ namespace, params: [id = ''], query }) =>
        written(jobs.deregister(namespace, id, isTrue(query.get('purge')))),
    },
  ];
}

export function jobReads(around: Surroundings): Route[] {
  const { store } = around;
  const get = (path: RegExp, read: (call: Call, id: string) => Answer): Route => ({
    method: 'GET',
    path,
    need: 'read-job',
    handle: (call) => blocking(store, call, () => read(call, call.params[0] ?? '')),
  });
  const rows = { resources: false, taskStates: true };
  return [
    { ...get(/^\/v1\/jobs$/, (call) => listJobs(around, call)), need: 'list-jobs' },
    get(/^\/v1\/job\/(.+)\/allocations$/, ({ namespace }, id) => ({
      body: store.allocationsOf({ Namespace: namespace, ID: id }).map((allocation) => allocationRow(allocation, rows)),
      index: store.tables.allocations,
    })),
    get(/^\/v1\/job\/(.+)\/evaluations$/, ({ namespace }, id) => ({
      body: newestFirst(store.evaluationsOf({ Namespace: namespace, ID: id })),
      index: store.tables.evaluations,
    })),
    get(/^\/v1\/job\/(.+)\/summary$/, (call, id) => getSummary(around, call, id)),
    get(/^\/v1\/job\/(.+)\/versions$/, (call, id) => getVersions(around, call, id)),
    // Batch jobs have none, ever.
    get(/^\/v1\/job\/(.+)\/deployments$/, () => ({ body: [] })),
    get(/^\/v1\/job\/(.+)\/deployment$/, () => ({ body: null })),
    get(/^\/v1\/job\/(.+)$/, (call, id) => getJob(around, call, id)),
  ];
}
