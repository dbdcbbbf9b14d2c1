import type { NomadDeployClient } from '../platform/nomad/deploy-client.js';
import type { JobPlan } from '../platform/nomad/deploy-schemas.js';
import type { JobDefinition } from '../platform/nomad/schemas.js';
import { DeployError } from './deploy-error.js';
import { explained, explainUnparsed, explainUnplaced } from './explain.js';
import type { JobFile } from './job-file.js';
import type { Part } from './parts.js';
import { explainMissing, secretsOf } from './secrets.js';

/** A job that Nomad would take, and what would change. */
export interface Prepared {
  readonly part: Part;
  readonly job: JobDefinition;
  readonly plan: JobPlan;
  /** What Nomad does not refuse, but somebody should know. */
  readonly warnings: readonly string[];
}

/** Everything that can be known before anything is changed; all problems of all jobs at once. */
export async function prepare(
  client: NomadDeployClient,
  files: readonly JobFile[],
  variables: string,
  namespace: string,
): Promise<Prepared[]> {
  if (!(await explained(`The namespace ${namespace}`, client.hasNamespace(namespace)))) {
    throw new DeployError([
      `The namespace ${namespace} does not exist: nomad namespace apply ${namespace}, or name another by --namespace.`,
    ]);
  }
  const outcomes = await Promise.allSettled(files.map((file) => prepareOne(client, file, variables, namespace)));
  const problems: string[] = [];
  const prepared: Prepared[] = [];
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') prepared.push(outcome.value);
    else if (outcome.reason instanceof DeployError) problems.push(...outcome.reason.problems);
    else throw outcome.reason;
  }
  if (problems.length > 0) throw new DeployError([...new Set(problems)]);
  return prepared;
}

async function prepareOne(
  client: NomadDeployClient,
  { part, hcl }: JobFile,
  variables: string,
  namespace: string,
): Promise<Prepared> {
  const file = `jobs/${part}.nomad.hcl`;
  const job = await client.parse(hcl, variables).catch((error: unknown) => {
    throw new DeployError(explainUnparsed(error, file));
  });
  const wrong = await explained(file, client.validate(job));
  if (wrong.length > 0) throw new DeployError(wrong.map((words) => `${file}: ${words}`));

  const secrets = secretsOf(job);
  if (secrets !== undefined) {
    const present = await explained(`The Nomad variable ${secrets.path}`, client.variableKeys(secrets.path));
    const missing = explainMissing(secrets, present, namespace);
    if (missing !== undefined) throw new DeployError([missing]);
  }

  const plan = await explained(job.ID, client.plan(job));
  const unplaced = Object.entries(plan.FailedTGAllocs ?? {}).map(([group, failure]) =>
    explainUnplaced(job.ID, group, failure),
  );
  const warnings = plan.Warnings ? [plan.Warnings.trim()] : [];
  // Nomad tries whether one more instance has room: a cluster that is full of instances takes a new job file all the same.
  if (part === 'instance') return { part, job, plan, warnings: [...warnings, ...unplaced] };
  if (unplaced.length > 0) throw new DeployError(unplaced);
  return { part, job, plan, warnings };
}
