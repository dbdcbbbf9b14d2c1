import { readFile } from 'node:fs/promises';
import type { Profile } from '../platform/profiles.js';
import type { Cluster } from './ports.js';

/** Gives Nomad the instance job file of a profile, read by Nomad itself. */
export async function registerJob(cluster: Cluster, { job: id, jobFile, variables }: Profile): Promise<void> {
  if (jobFile === undefined) throw new Error(`the job ${id} is registered by \`observatory deploy\``);
  const hcl = await readFile(jobFile, 'utf8');
  const job = await cluster.parse(hcl, variables === undefined ? '' : await readFile(variables, 'utf8'));
  if (job.ID !== id) {
    throw new Error(
      `${jobFile} describes the job "${job.ID}", but the profile's job is "${id}": set the file's variable job_id`,
    );
  }
  if (job.TaskGroups[0]?.Services?.[0]?.Name === undefined)
    throw new Error(`${jobFile} declares no Consul service, so no instance could be reached`);
  await cluster.register(job);
}
