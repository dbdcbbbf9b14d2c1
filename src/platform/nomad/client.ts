import { NomadError } from './errors.js';
import { jobPath, type NomadConnection, NomadHttp } from './http.js';
import * as schemas from './schemas.js';

/** Ids in one filter: some 60 characters each, so that the address stays well below what servers take. */
const IDS_A_CALL = 40;

/** The Nomad calls of the manager. */
export class Nomad {
  private readonly http: NomadHttp;

  constructor(connection: NomadConnection, signal?: AbortSignal) {
    this.http = new NomadHttp(connection, signal);
  }

  /** HCL2 with its variables, in Nomad's own reading. */
  async parse(hcl: string, variables: string): Promise<schemas.JobDefinition> {
    const body = { JobHCL: hcl, Variables: variables, Canonicalize: true };
    return this.http.call({ method: 'POST', path: '/v1/jobs/parse', answer: schemas.parsedJob, body });
  }

  async register(job: schemas.JobDefinition): Promise<void> {
    await this.http.call({ method: 'PUT', path: '/v1/jobs', answer: schemas.registered, body: { Job: job } });
  }

  /** The id of the child. The token makes repetition safe only one after the other (NOMAD-FACTS), so this is not retried. */
  async dispatch(parent: string, meta: Readonly<Record<string, string>>, idempotencyToken: string): Promise<string> {
    const { DispatchedJobID } = await this.http.call({
      method: 'POST',
      path: `${jobPath(parent)}/dispatch`,
      answer: schemas.dispatched,
      query: { idempotency_token: idempotencyToken },
      body: { Meta: meta },
    });
    return DispatchedJobID;
  }

  async job(id: string): Promise<schemas.Job | undefined> {
    try {
      return await this.http.call({ method: 'GET', path: jobPath(id), answer: schemas.job });
    } catch (error) {
      if (error instanceof NomadError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** These parameterized jobs and their children, except those that are dead: their number grows until Nomad collects them. */
  async liveJobs(parents: readonly string[]): Promise<schemas.JobStub[]> {
    const fields = parents.flatMap((parent) => [`ID == ${quote(parent)}`, `ParentID == ${quote(parent)}`]);
    return this.jobs(fields.map((field) => `${field} and Status != "dead"`).join(' or '));
  }

  /** Allocations of the children that have not ended; without their tasks' events, which nobody needs while they live. */
  async liveAllocations(parents: readonly string[]): Promise<schemas.AllocationStub[]> {
    const live = ['complete', 'failed', 'lost'].map((status) => `ClientStatus != "${status}"`).join(' and ');
    const filters = parents.map((parent) => `Job.ParentID == ${quote(parent)} and ${live}`);
    return this.allocations(filters.join(' or '), 'false');
  }

  /** Jobs by id, dead ones too; one that Nomad does not know is left out. */
  async jobsById(ids: readonly string[]): Promise<schemas.JobStub[]> {
    const answers = await Promise.all(chunks(ids).map((some) => this.jobs(anyOf('ID', some))));
    return answers.flat();
  }

  /** All allocations of these jobs, with their tasks' events. */
  async allocationsOf(jobIds: readonly string[]): Promise<schemas.AllocationStub[]> {
    const answers = await Promise.all(chunks(jobIds).map((some) => this.allocations(anyOf('JobID', some), 'true')));
    return answers.flat();
  }

  /** Evaluations of the parents' children that found no node. */
  async blockedEvaluations(parents: readonly string[]): Promise<schemas.Evaluation[]> {
    const query = { filter: 'Status == "blocked"' };
    const all = await this.http.pages({
      method: 'GET',
      path: '/v1/evaluations',
      answer: schemas.evaluationList,
      query,
    });
    return all.filter(({ JobID }) => parents.some((parent) => JobID.startsWith(`${parent}/`)));
  }

  /** Deregisters a job; one that Nomad does not know counts as stopped. */
  async stop(id: string): Promise<void> {
    await this.http.call({ method: 'DELETE', path: jobPath(id), answer: schemas.anyAnswer });
  }

  /** Calls `onLine` for each line of the event stream (heartbeats are `{}`) until the stream ends or is aborted. */
  eventStream(topics: readonly string[], signal: AbortSignal, onLine: (line: string) => void): Promise<void> {
    return this.http.eventStream(topics, signal, onLine);
  }

  close(): void {
    this.http.close();
  }

  private jobs(filter: string): Promise<schemas.JobStub[]> {
    const query = { filter, meta: 'true' };
    return this.http.pages({ method: 'GET', path: '/v1/jobs', answer: schemas.jobList, query });
  }

  private allocations(filter: string, taskStates: string): Promise<schemas.AllocationStub[]> {
    const query = { filter, task_states: taskStates };
    return this.http.pages({ method: 'GET', path: '/v1/allocations', answer: schemas.allocationList, query });
  }
}

/** Nomad's filters have no list of values: `x in [...]` is refused. */
function anyOf(field: string, values: readonly string[]): string {
  return values.map((value) => `${field} == ${quote(value)}`).join(' or ');
}

const quote = (text: string): string => JSON.stringify(text);

function chunks(ids: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(ids.length / IDS_A_CALL) }, (_, index) =>
    ids.slice(index * IDS_A_CALL, (index + 1) * IDS_A_CALL),
  );
}
