import { setTimeout as sleep } from 'node:timers/promises';
import type { NomadDeployClient } from '../platform/nomad/deploy-client.js';
import type { Deployment, JobAllocation } from '../platform/nomad/deploy-schemas.js';
import { DeployError } from './deploy-error.js';
import { explained } from './explain.js';

const POLL_MS = 500;
/** Nomad itself gives up when one is not healthy within the job's healthy_deadline; this is for when it places none. */
const LONGEST_MS = 20 * 60_000;

/** Task events that tell why a task does not run; the others are the ordinary course. */
const telling = new Set([
  'Terminated',
  'Driver Failure',
  'Setup Failure',
  'Failed Validation',
  'Template',
  'Task hook failed',
]);

export interface Awaited {
  /** The job's index: which registration it is. */
  readonly index: number;
  /** Whether Nomad makes a deployment for it; where it need not, one that is there is waited for all the same. */
  readonly expected: boolean;
}

/** Resolves when Nomad calls the job's deployment successful; a failure says what its tasks said. */
export async function untilHealthy(
  client: NomadDeployClient,
  job: string,
  { index, expected }: Awaited,
  say: (line: string) => void,
): Promise<void> {
  const progress = onlyNews(say);
  for (const deadline = Date.now() + LONGEST_MS; Date.now() < deadline; await sleep(POLL_MS)) {
    const [deployments, allocations] = await explained(
      job,
      Promise.all([client.deploymentsOf(job), client.allocationsOf(job)]),
    );
    const deployment = deployments.find(({ JobSpecModifyIndex }) => JobSpecModifyIndex === index);
    for (const trouble of troubles(allocations, index)) progress(`${job}: ${trouble}`);
    if (deployment === undefined && expected) continue;
    if (deployment === undefined) return;
    progress(`${job}: ${healthy(deployment)}`);
    if (deployment.Status === 'successful') return;
    if (deployment.Status === 'failed' || deployment.Status === 'cancelled') {
      throw new DeployError([
        `${job} did not get healthy: ${deployment.StatusDescription}.`,
        ...logsOf(allocations, index),
      ]);
    }
  }
  throw new DeployError([
    `${job} is neither healthy nor failed after ${LONGEST_MS / 60_000} minutes: nomad job status ${job}`,
  ]);
}

function onlyNews(say: (line: string) => void): (line: string) => void {
  const said = new Set<string>();
  return (line) => {
    if (!said.has(line)) say(line);
    said.add(line);
  };
}

function healthy({ TaskGroups }: Deployment): string {
  const groups = Object.values(TaskGroups);
  const sum = (of: (group: (typeof groups)[number]) => number) => groups.reduce((total, group) => total + of(group), 0);
  return `${sum((group) => group.HealthyAllocs)} of ${sum((group) => group.DesiredTotal)} healthy`;
}

/** Those that this registration made: what went wrong before is no news. */
const since = (allocations: readonly JobAllocation[], index: number) =>
  allocations.filter(({ CreateIndex }) => CreateIndex >= index);

function troubles(allocations: readonly JobAllocation[], index: number): string[] {
  return since(allocations, index).flatMap(({ NodeName, TaskStates }) =>
    Object.entries(TaskStates ?? {}).flatMap(([task, { Events }]) =>
      (Events ?? [])
        .filter(({ Type, DisplayMessage }) => telling.has(Type) && DisplayMessage !== 'Exit Code: 0')
        .map(({ DisplayMessage }) => `${task} on ${NodeName}: ${DisplayMessage}`),
    ),
  );
}

function logsOf(allocations: readonly JobAllocation[], index: number): string[] {
  const [newest] = since(allocations, index).sort((one, other) => other.CreateIndex - one.CreateIndex);
  if (newest === undefined) return [];
  // The web app is not started where its migration fails: only the task that failed has said something.
  const tasks = Object.entries(newest.TaskStates ?? {});
  const [task = ''] = tasks.find(([, { Failed }]) => Failed) ?? tasks.at(-1) ?? [];
  return [`What it said: nomad alloc logs -stderr ${newest.ID.slice(0, 8)} ${task}`];
}
