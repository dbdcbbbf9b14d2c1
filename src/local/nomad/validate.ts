import { canonicalize } from './canonical.js';
import { isObject, type JsonObject } from './json.js';
import { NomadError, type Job, type TaskGroup } from './types.js';

/** Go's way of telling several errors: nested lists, each ended by two empty lines of its own. */
const listed = (errors: string[]): string =>
  `${errors.length} error${errors.length === 1 ? '' : 's'} occurred:\n${errors.map((error) => `\t* ${error}\n`).join('')}\n`;

/** What is wrong with a job, in Nomad's words, as far as the stand-in looks. */
export function problemsOf(given: JsonObject): string[] {
  const groups = Array.isArray(given.TaskGroups) ? given.TaskGroups : [];
  const id = typeof given.ID === 'string' ? given.ID : '';
  const own = [
    id === '' ? 'Missing job ID' : '',
    id.includes(' ') ? 'Job ID contains a space' : '',
    groups.length === 0 ? 'Missing job task groups' : '',
  ].filter(Boolean);
  if (groups.length === 0) return own;
  const job = canonicalize(given);
  return [
    ...own,
    ...(['service', 'batch', 'system', 'sysbatch'].includes(job.Type) ? [] : [`Invalid job type: "${job.Type}"`]),
    ...job.TaskGroups.flatMap((group) => {
      const errors = groupProblems(group);
      return errors.length > 0 ? [`Task group ${group.Name} validation failed: ${listed(errors)}`] : [];
    }),
    ...(job.Priority < 1 || job.Priority > 100 ? ['job priority must be between [1, 100]'] : []),
  ];
}

function groupProblems(group: TaskGroup): string[] {
  const tasks = group.Tasks.flatMap((task) => {
    const { MaxFiles = 10, MaxFileSizeMB = 10 } = task.LogConfig as { MaxFiles?: number; MaxFileSizeMB?: number };
    const logs = MaxFiles * MaxFileSizeMB;
    const disk = group.EphemeralDisk.SizeMB;
    const errors = [
      task.Driver === '' ? 'Missing task driver' : '',
      task.Resources.MemoryMB < 10
        ? listed([listed([`minimum MemoryMB value is 10; got ${task.Resources.MemoryMB}`])])
        : '',
      logs >= disk ? listed([`log storage (${logs} MB) must be less than requested disk capacity (${disk} MB)`]) : '',
    ].filter(Boolean);
    return errors.length > 0 ? [`Task ${task.Name} validation failed: ${listed(errors)}`] : [];
  });
  return [...(group.Count < 0 ? ["Task group count can't be negative"] : []), ...tasks];
}

export function assertValid(job: Job, namespaces: string[]): void {
  const problems = problemsOf({ ...job });
  if (problems.length > 0) throw new NomadError(500, listed(problems));
  if (!namespaces.includes(job.Namespace)) {
    throw new NomadError(500, listed([`job "${job.ID}" is in nonexistent namespace "${job.Namespace}"`]));
  }
  if (job.NodePool !== 'default' && job.NodePool !== 'all') {
    throw new NomadError(500, listed([`job "${job.ID}" is in nonexistent node pool "${job.NodePool}"`]));
  }
}

/** The answer of `nomad job validate`. */
export function validation(given: unknown): JsonObject {
  if (!isObject(given)) throw new NomadError(400, 'Job must be specified');
  const problems = problemsOf(given);
  return {
    DriverConfigValidated: true,
    Error: problems.length > 0 ? listed(problems) : '',
    ValidationErrors: problems.length > 0 ? problems : null,
    Warnings: '',
  };
}
