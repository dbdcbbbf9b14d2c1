import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Inquiry } from '../../platform/inquiry.js';
import {
  parseJob,
  planJob,
  liveChildren,
  type ParentJob,
  readParent,
  Unexpected,
} from '../../platform/nomad/inspect.js';
import { capacityOf, isEnough, moreToAsk } from '../capacity.js';
import { type Check, type Finding, well, wrong } from '../check.js';
import { differences } from '../difference.js';
import { packageRoot } from '../../platform/root.js';
import type { Profile } from '../../platform/profiles.js';
import type { Ground } from '../ground.js';
import { dispatchProblems, gateOf, routingProblems, sentMeta, serviceOf } from '../parent.js';

const SHOWN = 4;

/** The parent job of each profile, from its presence to the room for its instances. */
export function parentChecks(ground: Ground): Check[] {
  return ground.profiles.flatMap((profile) => checksOf(profile, ground.nomad));
}

function checksOf(profile: Profile, nomad: Inquiry): Check[] {
  const { name, job, jobFile } = profile;
  const present = `job ${name}`;
  const current: Check = {
    name: `job ${name} current`,
    needs: [present, 'nomad submit-job'],
    run: (signal) => compare(nomad, profile, signal),
  };
  return [
    { name: present, needs: ['nomad read-job'], run: (signal) => isThere(nomad, profile, signal) },
    ...(jobFile === undefined ? [] : [current]),
    {
      name: `job ${name} meta`,
      needs: [present],
      run: async (signal) =>
        judge(
          `the meta of ${job}`,
          dispatchProblems(await parent(nomad, job, signal)),
          `${sentMeta.join(', ')}, as the manager sends it`,
        ),
    },
    {
      name: `job ${name} tags`,
      needs: [present],
      run: async (signal) => {
        const found = await parent(nomad, job, signal);
        const answer = `${serviceOf(found) ?? ''} in Consul, guarded by ${gateOf(found) ?? ''}`;
        return judge(`the service of ${job}`, routingProblems(found), answer);
      },
    },
    {
      name: `capacity ${name}`,
      needs: [present, 'nomad list-jobs', 'nomad submit-job'],
      run: (signal) => hasRoom(nomad, profile, signal),
    },
  ];
}

async function parent(nomad: Inquiry, job: string, signal: AbortSignal): Promise<ParentJob> {
  const found = await readParent(nomad, job, signal);
  if (found === undefined) throw new Error(`the job ${job} is gone`);
  return found;
}

function judge(tried: string, problems: readonly string[], answer: string): Finding {
  if (problems.length === 0) return well(tried, answer);
  return wrong(tried, problems.join('; '), 'Correct its job file (jobs/instance.nomad.hcl shows how) and deploy it.');
}

async function isThere(nomad: Inquiry, { job, jobFile }: Profile, signal: AbortSignal): Promise<Finding> {
  const tried = `GET /v1/job/${job}`;
  const register =
    jobFile === undefined
      ? 'Run `observatory deploy`.'
      : 'Start a manager: it registers the job. Or run `observatory deploy`.';
  const found = await readParent(nomad, job, signal);
  if (found === undefined) return wrong(tried, '404: Nomad has no such job', register);
  if (found.Stop) return wrong(tried, 'the job is stopped', register);
  return well(tried, `version ${found.Version}`);
}

async function compare(nomad: Inquiry, profile: Profile, signal: AbortSignal): Promise<Finding> {
  const { job, jobFile = '', variables } = profile;
  const inPackage = path.relative(packageRoot, jobFile);
  const tried = `${inPackage.startsWith('..') ? jobFile : inPackage} planned against ${job}`;
  try {
    const hcl = await readFile(jobFile, 'utf8');
    const values = variables === undefined ? '' : await readFile(variables, 'utf8');
    const rendered = await parseJob(nomad, hcl, values, signal);
    if (rendered.ID !== job) {
      const answer = `the file describes the job "${rendered.ID}"`;
      return wrong(tried, answer, `Give its variable job_id the value "${job}", in OBSERVATORY_INSTANCE_VARS.`);
    }
    const found = differences((await planJob(nomad, rendered, true, signal)).Diff);
    if (found.length === 0) return well(tried, 'no difference');
    const more = found.length > SHOWN ? `, and ${found.length - SHOWN} more` : '';
    const advice =
      'Run `observatory deploy`, or restart the manager: idle instances are then replaced, leased ones stay.';
    return wrong(tried, `${found.slice(0, SHOWN).join(', ')}${more}`, advice);
  } catch (error) {
    const fileProblem = error instanceof Unexpected || (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!fileProblem) throw error;
    const advice = 'Correct OBSERVATORY_INSTANCE_JOB_FILE, OBSERVATORY_INSTANCE_VARS, or what is in these files.';
    return wrong(tried, (error as Error).message, advice);
  }
}

/** Nomad's own scheduler says how many more it would place now: all namespaces, constraints and reserved parts are in it. */
async function hasRoom(nomad: Inquiry, profile: Profile, signal: AbortSignal): Promise<Finding> {
  const { job, min, maxInstances } = profile;
  const found = await parent(nomad, job, signal);
  const running = (await liveChildren(nomad, `ParentID == ${JSON.stringify(job)}`, signal)).length;
  const pool = { min, maxInstances, running };
  const asked = moreToAsk(pool);
  const groups = found.TaskGroups.map((group) => ({ ...group, Count: asked }));
  const capacity = capacityOf(asked, await planJob(nomad, { ...found, TaskGroups: groups }, false, signal));
  const tried = `${asked} more of ${job} planned`;
  const limit = capacity.limit === '' ? '' : ` (${capacity.limit})`;
  const count = `${running} there, ${capacity.fits} more fit${limit}; the ceiling is ${maxInstances}`;
  if (!isEnough(capacity, pool)) {
    const advice = `Add nodes, free some, or make the instances smaller (cpu, memory, disk in the job file's variables).`;
    return wrong(tried, count, advice);
  }
  const short = running + capacity.fits < maxInstances;
  return well(tried, short ? `${count}, which this cluster cannot hold now` : count);
}
