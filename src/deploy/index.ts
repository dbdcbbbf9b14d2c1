import type { NomadDeployClient } from '../platform/nomad/deploy-client.js';
import type { JobPlan } from '../platform/nomad/deploy-schemas.js';
import type { JobDefinition } from '../platform/nomad/schemas.js';
import { printDiff } from './diff.js';
import { explained } from './explain.js';
import { readJobFile } from './job-file.js';
import { type Part, parts } from './parts.js';
import { prepare, type Prepared } from './prepare.js';
import { type Given, variableText } from './variables.js';
import { untilHealthy } from './wait.js';

export interface Deploying {
  /** Folders with jobs/ and traefik/, the first that has a file wins. */
  readonly roots: readonly string[];
  readonly parts: readonly Part[];
  readonly given: Given;
  readonly colours: boolean;
  /** Asked before anything is changed; only when something would be. */
  readonly agrees: () => Promise<boolean>;
  readonly say: (line: string) => void;
}

/** Brings Nomad's jobs to what the files say, one after the other. Nothing is changed where a problem can be seen before. */
export async function deploy(client: NomadDeployClient, deploying: Deploying): Promise<void> {
  const { roots, given, colours, say } = deploying;
  const all = await Promise.all(parts.map((part) => readJobFile(roots, part)));
  const variables = await variableText(given, all);
  const wanted = all.filter(({ part }) => deploying.parts.includes(part));
  const prepared = await prepare(client, wanted, variables, given.namespace);
  for (const { plan, warnings } of prepared) {
    say(printDiff(plan.Diff, colours));
    for (const warning of warnings) say(`Warning: ${warning}`);
    say('');
  }
  const changed = prepared.filter(({ plan }) => plan.Diff.Type !== 'None');
  if (changed.length === 0) say('Nothing changes.');
  else if (!(await deploying.agrees())) {
    say('Nothing was changed.');
    return;
  }
  for (const each of prepared) await bringUp(client, each, say);
  whatToOpen(prepared, say);
}

/** Registers what differs; an unchanged job is waited for as well, since its last deployment may not be through. */
async function bringUp(client: NomadDeployClient, { job, plan }: Prepared, say: (line: string) => void): Promise<void> {
  let index = plan.JobModifyIndex;
  if (plan.Diff.Type !== 'None') {
    index = await explained(job.ID, client.registerPlanned(job, plan.JobModifyIndex));
    say(`${job.ID}: registered`);
  }
  // A parent of instances runs nothing itself.
  if (job.Type === 'service') await untilHealthy(client, job.ID, { index, expected: touchesAllocations(plan) }, say);
}

/** A change that touches none, such as of a priority, makes no deployment that could be waited for. */
function touchesAllocations({ Diff }: JobPlan): boolean {
  const updates = (Diff.TaskGroups ?? []).flatMap((group) => Object.keys(group.Updates ?? {}));
  return updates.some((update) => update !== 'ignore');
}

function whatToOpen(prepared: readonly Prepared[], say: (line: string) => void): void {
  const web = prepared.find(({ part }) => part === 'web');
  const address = web && publicUrl(web.job);
  if (address === undefined) return;
  say('');
  say(
    `Open ${address}. \`observatory study add <folder>\` publishes a study, \`observatory doctor\` tries everything.`,
  );
}

function publicUrl(job: JobDefinition): string | undefined {
  return /"OBSERVATORY_PUBLIC_URL=([^"]+)"/.exec(JSON.stringify(job))?.[1];
}
