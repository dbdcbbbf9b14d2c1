import { canonicalize } from './canonical.js';
import { isObject, sortedText, type JsonObject } from './json.js';
import { childId, type Scheduler } from './scheduler.js';
import type { Store } from './store.js';
import { groupOf, placementFailure } from './placement.js';
import { nanoseconds, NomadError, type Job } from './types.js';

/** Everything a client may ask to be done with jobs. */
export class Jobs {
  constructor(
    private readonly store: Store,
    private readonly scheduler: Scheduler,
  ) {}

  register(given: JsonObject): JsonObject {
    const job = canonicalize(given);
    assertSupported(job);
    const present = this.store.jobs.get(job.ID);
    const same = present !== undefined && !present.Stop && definition(present) === definition(job);
    if (!same) {
      job.Version = present ? present.Version + 1 : 0;
      job.CreateIndex = present?.CreateIndex ?? 0;
      job.JobModifyIndex = this.store.lastIndex + 1;
      job.SubmitTime = nanoseconds();
      this.store.commit('JobRegistered', { jobs: [job] });
    }
    const index = same ? 0 : this.store.lastIndex;
    const modified = (same ? present : job).JobModifyIndex;
    return { EvalCreateIndex: 0, EvalID: '', Index: index, JobModifyIndex: modified, Warnings: '', ...unused };
  }

  dispatch(parentId: string, given: JsonObject, token: string): JsonObject {
    const parent = this.store.jobs.get(parentId);
    if (!parent) throw new NomadError(500, 'parameterized job not found');
    const meta = isObject(given.Meta) ? (given.Meta as Record<string, string>) : {};
    assertDispatchable(parent, meta, given.Payload);
    const known = this.store.children(parentId).find((job) => token !== '' && job.DispatchIdempotencyToken === token);
    if (known) {
      const index = this.store.lastIndex;
      return {
        DispatchedJobID: known.ID,
        EvalCreateIndex: 0,
        EvalID: '',
        Index: index,
        JobCreateIndex: known.CreateIndex,
      };
    }
    const child = structuredClone(parent);
    const id = childId(parentId);
    Object.assign(child, { ID: id, Name: id, ParentID: parentId, Dispatched: true, DispatchIdempotencyToken: token });
    Object.assign(child, { Meta: { ...parent.Meta, ...meta }, Status: 'pending', SubmitTime: nanoseconds() });
    Object.assign(child, { CreateIndex: 0, JobModifyIndex: this.store.lastIndex + 1 });
    this.store.commit('JobRegistered', { jobs: [child] });
    const evaluation = this.scheduler.evaluate(child, 'job-register');
    const index = evaluation.CreateIndex;
    const created = { EvalCreateIndex: index, EvalID: evaluation.ID, Index: index, JobCreateIndex: child.CreateIndex };
    return { DispatchedJobID: child.ID, ...created };
  }

  deregister(id: string, purge: boolean): JsonObject {
    const job = this.store.jobs.get(id);
    if (!job) return { EvalCreateIndex: 0, EvalID: '', Index: 0, JobModifyIndex: 0, ...unusedVolume };
    job.JobModifyIndex = this.store.lastIndex + 1;
    if (purge) this.store.purge(job);
    else if (!job.Stop) {
      job.Version += 1;
      if (job.ParameterizedJob && !job.Dispatched) job.Status = 'dead';
    }
    job.Stop = true;
    if (!purge) this.store.commit('JobDeregistered', { jobs: [job] });
    const evaluation = job.Dispatched ? this.scheduler.evaluate(job, 'job-deregister') : undefined;
    const index = evaluation?.CreateIndex ?? 0;
    const ids = { EvalCreateIndex: index, EvalID: evaluation?.ID ?? '', Index: this.store.lastIndex };
    return { ...ids, JobModifyIndex: job.JobModifyIndex, ...unusedVolume };
  }

  /** Would one child of this job find room now? */
  plan(given: JsonObject, withDiff: boolean): JsonObject {
    const job = canonicalize(given);
    assertSupported(job);
    const present = this.store.jobs.get(job.ID);
    const group = groupOf(job);
    const failure = placementFailure(group, this.scheduler.freeMemoryMB());
    const failures = failure ? { [group.Name]: failure } : null;
    const updates = {
      Canary: 0,
      DestructiveUpdate: 0,
      Ignore: 0,
      InPlaceUpdate: 0,
      Migrate: 0,
      Place: 1,
      Preemptions: 0,
    };
    const index = present?.JobModifyIndex ?? 0;
    return {
      Annotations: { DesiredTGUpdates: { [group.Name]: { ...updates, Stop: 0 } }, PreemptedAllocs: null },
      CreatedEvals: failures ? [{ JobID: job.ID, Status: 'blocked', FailedTGAllocs: failures, Type: job.Type }] : null,
      Diff: withDiff ? diff(present, job) : null,
      FailedTGAllocs: failures,
      Index: index,
      JobModifyIndex: index,
      NextPeriodicLaunch: null,
      Warnings: '',
    };
  }
}

const unused = { KnownLeader: false, LastContact: 0, NextToken: '' };
const unusedVolume = { ...unused, VolumeEvalID: '', VolumeEvalIndex: 0 };

/** What a job says, without what Nomad notes about it. */
function definition(job: Job): string {
  const notes = {
    Status: '',
    Stop: false,
    Version: 0,
    SubmitTime: 0,
    CreateIndex: 0,
    ModifyIndex: 0,
    JobModifyIndex: 0,
  };
  return sortedText({ ...job, ...notes });
}

/** Says only whether something changed, not what: the details are Nomad's. */
function diff(present: Job | undefined, job: Job): JsonObject {
  const type = !present ? 'Added' : definition(present) === definition(job) ? 'None' : 'Edited';
  const group = {
    Fields: null,
    Name: groupOf(job).Name,
    Objects: null,
    Tasks: null,
    Type: type,
    Updates: { create: 1 },
  };
  return { Fields: null, ID: job.ID, Objects: null, TaskGroups: [group], Type: type };
}

function assertDispatchable(parent: Job, meta: Record<string, string>, payload: unknown): void {
  const { ParameterizedJob: rules } = parent;
  if (!rules || parent.Dispatched) {
    throw new NomadError(500, `Specified job "${parent.ID}" is not a parameterized job`);
  }
  if (parent.Stop) throw new NomadError(500, `Specified job "${parent.ID}" is stopped`);
  if (payload && rules.Payload === 'forbidden') {
    throw new NomadError(500, 'Payload provided but forbidden by parameterized job');
  }
  const required = rules.MetaRequired ?? [];
  const allowed = new Set([...required, ...(rules.MetaOptional ?? [])]);
  const unpermitted = Object.keys(meta).filter((key) => !allowed.has(key));
  if (unpermitted.length > 0) {
    throw new NomadError(500, `Dispatch request included unpermitted metadata keys: [${unpermitted.join(' ')}]`);
  }
  const missing = required.filter((key) => !(key in meta));
  if (missing.length > 0) {
    throw new NomadError(500, `Dispatch did not provide required meta keys: [${missing.join(' ')}]`);
  }
}

/** What a real Nomad would do, but this stand-in would silently not, is refused. */
function assertSupported(job: Job): void {
  if (job.ID === '') throw new NomadError(400, "Job ID hasn't been provided");
  if (job.Namespace !== 'default') throw new NomadError(500, `nonexistent namespace "${job.Namespace}"`);
  const group = groupOf(job);
  const reasons = [
    job.ParameterizedJob === null || job.Type !== 'batch' ? 'it runs parameterized batch jobs only' : '',
    job.TaskGroups.length !== 1 || group.Tasks.length !== 1 ? 'it runs one task in one group' : '',
    group.Count !== 1 ? 'count must be 1' : '',
    group.RestartPolicy.Attempts !== 0 ? 'restart attempts must be 0' : '',
    group.ReschedulePolicy.Attempts !== 0 || group.ReschedulePolicy.Unlimited ? 'reschedule must be off' : '',
  ].filter(Boolean);
  if (reasons.length > 0) throw new NomadError(500, `Nomad stand-in: ${reasons.join('; ')}`);
}
