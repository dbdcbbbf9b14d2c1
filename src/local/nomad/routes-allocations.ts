import { isTrue } from './go-bool.js';
import type { Answer, Call, Route } from './http.js';
import { byCreation } from './page.js';
import { blocking, inNamespace, list, type Surroundings } from './reads.js';
import { NomadError, type Allocation, type Evaluation } from './types.js';
import { allocationRow, filteredAllocation, filteredEvaluation, newestFirst, wholeAllocation } from './views.js';

const uuid = /^[0-9a-f-]{36}$/i;

function assertId(id: string, prefix: string): void {
  if (!uuid.test(id)) throw new NomadError(500, `${prefix}index error: UUID must be 36 characters`);
}

/** Nomad takes the beginning of an id in whole bytes. */
function assertPrefix(prefix: string, kind: string): void {
  const hex = prefix.replaceAll('-', '');
  const wrong = [...hex].find((digit) => !/[0-9a-f]/i.test(digit));
  if (hex.length % 2 === 1) {
    throw new NomadError(500, `${kind} lookup failed: index error: Input (without hyphens) must be even length`);
  }
  if (wrong === undefined) return;
  const code = (wrong.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const reason = `Invalid UUID: encoding/hex: invalid byte: U+${code} '${wrong}'`;
  throw new NomadError(500, `${kind} lookup failed: index error: ${reason}`);
}

function listAllocations({ store, acl }: Surroundings, call: Call): Answer {
  assertPrefix(call.query.get('prefix') ?? '', 'alloc');
  const mine = inNamespace(call);
  const items = [...store.allocations.values()].filter(
    (allocation) => mine(allocation) && acl.allows(call.token, 'read-job', allocation.Namespace),
  );
  const shown = {
    resources: isTrue(call.query.get('resources')),
    taskStates: isTrue(call.query.get('task_states') ?? 'true'),
  };
  const row = (allocation: Allocation) => allocationRow(allocation, shown);
  return list(call, { items, order: byCreation, seen: filteredAllocation, row, index: store.tables.allocations });
}

function listEvaluations({ store, acl }: Surroundings, call: Call): Answer {
  assertPrefix(call.query.get('prefix') ?? '', 'eval');
  const mine = inNamespace(call);
  const job = call.query.get('job');
  const status = call.query.get('status');
  const items = [...store.evaluations.values()].filter(
    (evaluation) =>
      mine(evaluation) &&
      acl.allows(call.token, 'read-job', evaluation.Namespace) &&
      (job === null || evaluation.JobID === job) &&
      (status === null || evaluation.Status === status),
  );
  const row = (evaluation: Evaluation) => evaluation;
  return list(call, { items, order: byCreation, seen: filteredEvaluation, row, index: store.tables.evaluations });
}

function getAllocation({ store, acl }: Surroundings, call: Call, id: string): Answer {
  assertId(id, 'alloc lookup failed: ');
  const allocation = store.allocations.get(id);
  if (!allocation) return { body: 'alloc not found', plain: true, status: 404, index: store.tables.allocations };
  if (!acl.allows(call.token, 'read-job', allocation.Namespace)) {
    if (call.token !== undefined) acl.check(call.token, 'known', allocation.Namespace);
    throw new NomadError(500, `Unknown allocation "${id}"`);
  }
  return { body: wholeAllocation(allocation), index: allocation.ModifyIndex };
}

function getEvaluation({ store, acl }: Surroundings, call: Call, id: string): Answer {
  assertId(id, 'failed to lookup eval: eval lookup failed: ');
  const evaluation = store.evaluations.get(id);
  if (!evaluation) return { body: 'eval not found', plain: true, status: 404, index: store.tables.evaluations };
  acl.check(call.token, 'read-job', evaluation.Namespace);
  return { body: evaluation, index: evaluation.ModifyIndex };
}

function allocationsOfEvaluation({ store }: Surroundings, id: string): Answer {
  const found = [...store.allocations.values()].filter(({ EvalID }) => EvalID === id);
  const rows = newestFirst(found).map((allocation) =>
    allocationRow(allocation, { resources: false, taskStates: true }),
  );
  return { body: rows, index: store.tables.allocations };
}

export function allocationReads(around: Surroundings): Route[] {
  const { store } = around;
  const get = (path: RegExp, read: (call: Call, id: string) => Answer, need: Route['need']): Route => ({
    method: 'GET',
    path,
    need,
    handle: (call) => blocking(store, call, () => read(call, call.params[0] ?? '')),
  });
  return [
    get(/^\/v1\/allocations$/, (call) => listAllocations(around, call), 'read-job'),
    get(/^\/v1\/allocation\/([^/]+)$/, (call, id) => getAllocation(around, call, id), undefined),
    get(/^\/v1\/evaluations$/, (call) => listEvaluations(around, call), 'read-job'),
    get(/^\/v1\/evaluation\/([^/]+)\/allocations$/, (_call, id) => allocationsOfEvaluation(around, id), 'read-job'),
    get(/^\/v1\/evaluation\/([^/]+)$/, (call, id) => getEvaluation(around, call, id), undefined),
  ];
}
