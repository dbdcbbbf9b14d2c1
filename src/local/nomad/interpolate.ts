import path from 'node:path';
import type { Allocation, Task } from './types.js';

const region = 'global';
const datacenter = 'dc1';

export interface Folders {
  alloc: string;
  task: string;
  local: string;
  secrets: string;
}

export function foldersOf(root: string, allocation: Allocation, task: Task): Folders {
  const base = path.join(root, allocation.ID);
  const own = path.join(base, task.Name);
  return {
    alloc: path.join(base, 'alloc'),
    task: own,
    local: path.join(own, 'local'),
    secrets: path.join(own, 'secrets'),
  };
}

/** The NOMAD_ variables of a task. A group's service sees the same, so its tags are interpolated with these, too. */
export function nomadVariables(allocation: Allocation, task: Task, folders: Folders): Record<string, string> {
  const { Job: job } = allocation;
  const variables: Record<string, string> = {
    NOMAD_ALLOC_DIR: folders.alloc,
    NOMAD_TASK_DIR: folders.local,
    NOMAD_SECRETS_DIR: folders.secrets,
    NOMAD_ALLOC_ID: allocation.ID,
    NOMAD_SHORT_ALLOC_ID: allocation.ID.slice(0, 8),
    NOMAD_ALLOC_INDEX: '0',
    NOMAD_ALLOC_NAME: allocation.Name,
    NOMAD_GROUP_NAME: allocation.TaskGroup,
    NOMAD_TASK_NAME: task.Name,
    NOMAD_JOB_ID: job.ID,
    NOMAD_JOB_NAME: job.Name,
    NOMAD_JOB_PARENT_ID: job.ParentID,
    NOMAD_NAMESPACE: job.Namespace,
    NOMAD_REGION: region,
    NOMAD_DC: datacenter,
    NOMAD_CPU_LIMIT: String(task.Resources.CPU),
    NOMAD_MEMORY_LIMIT: String(task.Resources.MemoryMB),
  };
  for (const [key, value] of Object.entries(job.Meta ?? {})) {
    variables[`NOMAD_META_${key}`] = value;
    variables[`NOMAD_META_${key.toUpperCase()}`] = value;
  }
  for (const port of allocation.AllocatedResources.Shared.Ports) {
    for (const side of ['', 'HOST_', 'ALLOC_']) {
      variables[`NOMAD_${side}IP_${port.Label}`] = port.HostIP;
      variables[`NOMAD_${side}PORT_${port.Label}`] = String(port.Value);
      variables[`NOMAD_${side}ADDR_${port.Label}`] = `${port.HostIP}:${port.Value}`;
    }
  }
  return variables;
}

const reference = /\$\{([^}]*)\}/g;

/** Replaces what is known and leaves the rest as written, as Nomad does in tags and checks. */
export function interpolate(text: string, variables: Record<string, string>): string {
  return text.replace(reference, (whole, name: string) => variables[name.trim().replace(/^env\./, '')] ?? whole);
}

/** The same for a driver's settings, where an unknown name fails the task. */
export function interpolateStrict(text: string, variables: Record<string, string>): string {
  const result = interpolate(text, variables);
  const [, unknown] = new RegExp(reference.source).exec(result) ?? [];
  if (unknown === undefined) return result;
  const [root = ''] = unknown.split('.');
  throw new Error(`failed to parse config: <value>: Unknown variable; There is no variable named "${root}".`);
}
