import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { packageRoot } from '../platform/root.js';
import type { Settings } from '../platform/settings.js';
import type { Cluster } from './ports.js';

/** Gives Nomad the instance job file, read by Nomad itself; the name of the Consul service that it declares. */
export async function registerJob(cluster: Cluster, settings: Settings): Promise<string> {
  const {
    OBSERVATORY_INSTANCE_JOB: id,
    OBSERVATORY_INSTANCE_JOB_FILE: file,
    OBSERVATORY_INSTANCE_VARS: vars,
  } = settings;
  const hcl = await readFile(path.resolve(packageRoot, file), 'utf8');
  const job = await cluster.parse(hcl, vars === undefined ? '' : await readFile(path.resolve(vars), 'utf8'));
  if (job.ID !== id) {
    throw new Error(
      `${file} describes the job "${job.ID}", but OBSERVATORY_INSTANCE_JOB is "${id}": set its variable job_id`,
    );
  }
  const service = job.TaskGroups[0]?.Services?.[0]?.Name;
  if (service === undefined) throw new Error(`${file} declares no Consul service, so no instance could be reached`);
  await cluster.register(job);
  return service;
}
