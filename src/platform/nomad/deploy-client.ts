import * as answers from './deploy-schemas.js';
import { NomadError } from './errors.js';
import { jobPath, type NomadConnection, NomadHttp } from './http.js';
import { type JobDefinition, parsedJob, registered } from './schemas.js';

/** The Nomad calls of `observatory deploy`. */
export class NomadDeployClient {
  private readonly http: NomadHttp;

  constructor(connection: NomadConnection, signal?: AbortSignal) {
    this.http = new NomadHttp(connection, signal);
  }

  /** HCL2 with its variables, in Nomad's own reading. */
  async parse(hcl: string, variables: string): Promise<JobDefinition> {
    const body = { JobHCL: hcl, Variables: variables, Canonicalize: true };
    return this.http.call({ method: 'POST', path: '/v1/jobs/parse', answer: parsedJob, body });
  }

  async hasNamespace(name: string): Promise<boolean> {
    const path = `/v1/namespace/${encodeURIComponent(name)}`;
    return (await unlessMissing(this.http.call({ method: 'GET', path, answer: answers.namespace }))) !== undefined;
  }

  /** The keys of a Nomad variable, undefined when it does not exist. The values go no further. */
  async variableKeys(path: string): Promise<string[] | undefined> {
    const found = await unlessMissing(
      this.http.call({ method: 'GET', path: `/v1/var/${path}`, answer: answers.nomadVariable }),
    );
    return found === undefined ? undefined : Object.keys(found.Items);
  }

  /** What is wrong with the job. */
  async validate(job: JobDefinition): Promise<string[]> {
    const body = { Job: job };
    const answer = answers.jobValidation;
    const { ValidationErrors, Error } = await this.http.call({ method: 'PUT', path: '/v1/validate/job', answer, body });
    return ValidationErrors ?? (Error ? [Error] : []);
  }

  async plan(job: JobDefinition): Promise<answers.JobPlan> {
    const body = { Job: job, Diff: true };
    return this.http.call({ method: 'PUT', path: `${jobPath(job.ID)}/plan`, answer: answers.jobPlan, body });
  }

  /** Registers the job if it is still as the plan saw it; the job's new index. */
  async registerPlanned(job: JobDefinition, seen: number): Promise<number> {
    const body = { Job: job, EnforceIndex: true, JobModifyIndex: seen };
    const answer = await this.http.call({ method: 'PUT', path: '/v1/jobs', answer: registered, body });
    return answer.JobModifyIndex;
  }

  /** Deployments of a service job, the newest first. */
  async deploymentsOf(job: string): Promise<answers.Deployment[]> {
    return this.http.call({ method: 'GET', path: `${jobPath(job)}/deployments`, answer: answers.deployments });
  }

  async allocationsOf(job: string): Promise<answers.JobAllocation[]> {
    const path = `${jobPath(job)}/allocations`;
    return this.http.call({ method: 'GET', path, answer: answers.jobAllocations });
  }

  close(): void {
    this.http.close();
  }
}

async function unlessMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof NomadError && error.status === 404) return undefined;
    throw error;
  }
}
