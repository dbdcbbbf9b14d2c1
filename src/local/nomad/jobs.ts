import { setTimeout } from 'node:timers/promises';
import { jobDiff, saysTheSame } from './diff.js';
import { isObject, type JsonObject } from './json.js';
import { childId, type Scheduler } from './scheduler.js';
import type { Store } from './store.js';
import { classEligibility, groupOf } from './placement.js';
import { assertValid } from './validate.js';
import { isTerminal, nanoseconds, NomadError, type Evaluation, type Job } from './types.js';

const betweenLookAndWrite = 2;

/** As Nomad keeps it: compressed, and not nothing. */
const noPayload = 'AA==';

/** Everything a client may ask to be done with jobs. */
export class Jobs {
  constructor(
    private readonly store: Store,
    private readonly scheduler: Scheduler,
    private readonly namespaces: string[],
  ) {}

  register(job: Job, check: { enforce: boolean; index: number }): JsonObject {
    assertValid(job, this.namespaces);
    assertSupported(job, false);
    const present = this.store.job(job.Namespace, job.ID);
    if (check.enforce) assertUnchanged(present, check.index);
    const same = present !== undefined && !present.Stop && saysTheSame(present, job);
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

  async dispatch(namespace: string, parentId: string, given: JsonObject, token: string): Promise<JsonObject> {
    const parent = this.store.job(namespace, parentId);
    if (!parent) throw new NomadError(500, 'parameterized job not found');
    const meta = isObject(given.Meta) ? (given.Meta as Record<string, string>) : {};
    assertDispatchable(parent, meta, given.Payload);
    const known = this.store
      .children(parent)
      .sort((one, other) => (one.ID < other.ID ? -1 : 1))
      .find((job) => token !== '' && job.DispatchIdempotencyToken === token);
    if (known) {
      const answer = { DispatchedJobID: known.ID, EvalCreateIndex: 0, EvalID: '', Index: this.store.lastIndex };
      return { ...answer, JobCreateIndex: known.CreateIndex };
    }
    // Nomad looks for the token before it writes: calls that come meanwhile find none either, and each makes a child.
    await setTimeout(betweenLookAndWrite);
    const child = structuredClone(parent);
    const id = childId(parentId);
    Object.assign(child, { ID: id, Name: id, ParentID: parentId, Dispatched: true, DispatchIdempotencyToken: token });
    Object.assign(child, {
      Meta: { ...parent.Meta, ...meta },
      Payload: noPayload,
      Status: 'pending',
      SubmitTime: nanoseconds(),
    });
    Object.assign(child, { CreateIndex: 0, JobModifyIndex: this.store.lastIndex + 1 });
    this.store.commit('JobRegistered', { jobs: [child] });
    const evaluation = this.scheduler.evaluate(child, 'job-register');
    const index = evaluation.CreateIndex;
    const created = { EvalCreateIndex: index, EvalID: evaluation.ID, Index: index, JobCreateIndex: child.CreateIndex };
    return { DispatchedJobID: child.ID, ...created };
  }

  deregister(namespace: string, id: string, purge: boolean): JsonObject {
    const job = this.store.job(namespace, id);
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

  /** Nomad's garbage collection at once: what is dead, and nothing runs or waits for. */
  collectGarbage(): void {
    const ids = [...this.store.jobs.values(), ...[...this.store.evaluations.values()].map(jobIdOf)];
    for (const job of ids) {
      const known = this.store.job(job.Namespace, job.ID);
      const waiting = this.store.evaluationsOf(job).some(({ Status }) => Status === 'pending' || Status === 'blocked');
      const alive = this.store.allocationsOf(job).some((allocation) => !isTerminal(allocation));
      if (!waiting && !alive && (known === undefined || known.Status === 'dead')) this.store.collect(job);
    }
  }

  /** Would children of this job, as many as its count, find room now? */
  plan(job: Job, withDiff: boolean): JsonObject {
    assertValid(job, this.namespaces);
    assertSupported(job, true);
    const present = this.store.job(job.Namespace, job.ID);
    const group = groupOf(job);
    const failure = this.scheduler.failureOf(job);
    const failures = failure ? { [group.Name]: failure } : null;
    const updates = {
      Canary: 0,
      DestructiveUpdate: 0,
      Ignore: 0,
      InPlaceUpdate: 0,
      Migrate: 0,
      Place: group.Count,
      Preemptions: 0,
    };
    const index = present?.JobModifyIndex ?? 0;
    return {
      Annotations: { DesiredTGUpdates: { [group.Name]: { ...updates, Stop: 0 } }, PreemptedAllocs: null },
      CreatedEvals: failures
        ? [
            {
              JobID: job.ID,
              Status: 'blocked',
              FailedTGAllocs: failures,
              Type: job.Type,
              ...classEligibility(failure ?? {}),
            },
          ]
        : null,
      Diff: withDiff ? jobDiff(present, job, { create: group.Count }) : null,
      FailedTGAllocs: failures,
      Index: index,
      JobModifyIndex: index,
      NextPeriodicLaunch: null,
      Warnings: '',
    };
  }
}

const jobIdOf = ({ Namespace, JobID }: Evaluation) => ({ Namespace, ID: JobID });

const unused = { KnownLeader: false, LastContact: 0, NextToken: '' };
const unusedVolume = { ...unused, VolumeEvalID: '', VolumeEvalIndex: 0 };

function assertUnchanged(present: Job | undefined, index: number): void {
  const enforcing = `Enforcing job modify index ${index}`;
  if (index === 0 && present) throw new NomadError(500, `${enforcing}: job already exists`);
  if (index !== 0 && !present) throw new NomadError(500, `${enforcing}: job does not exist`);
  if (present && present.JobModifyIndex !== index) {
    throw new NomadError(500, `${enforcing}: job exists with conflicting job modify index: ${present.JobModifyIndex}`);
  }
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
function assertSupported(job: Job, planned: boolean): void {
  const group = groupOf(job);
  const reasons = [
    job.ParameterizedJob === null || job.Type !== 'batch' ? 'it runs parameterized batch jobs only' : '',
    job.TaskGroups.length !== 1 || group.Tasks.length !== 1 ? 'it runs one task in one group' : '',
    group.Count !== 1 && !planned ? 'count must be 1' : '',
    group.RestartPolicy.Attempts !== 0 ? 'restart attempts must be 0' : '',
    group.ReschedulePolicy.Attempts !== 0 || group.ReschedulePolicy.Unlimited ? 'reschedule must be off' : '',
  ].filter(Boolean);
  if (reasons.length > 0) throw new NomadError(501, `Nomad stand-in: ${reasons.join('; ')}`);
}
