import type { JobDefinition } from '../platform/nomad/schemas.js';

/** The Nomad variable that the job's templates read, and the keys that they want of it. */
export interface Secrets {
  readonly path: string;
  readonly keys: readonly string[];
}

/** Read out of the job itself, so that a changed job file asks for what it needs; undefined when it needs none. */
export function secretsOf(job: JobDefinition): Secrets | undefined {
  const texts = job.TaskGroups.flatMap((group) => group.Tasks ?? [])
    .flatMap((task) => task.Templates ?? [])
    .map(({ EmbeddedTmpl }) => EmbeddedTmpl)
    .filter((text) => text.includes('nomadVar'));
  const keys = texts.flatMap((text) => [...text.matchAll(/\.([A-Z][A-Z0-9_]+)\b/g)].map(([, key]) => key!));
  return texts.length === 0 ? undefined : { path: `nomad/jobs/${job.ID}`, keys: [...new Set(keys)] };
}

/** What is missing, and the command that puts it there; undefined when nothing is. */
export function explainMissing(
  secrets: Secrets,
  present: readonly string[] | undefined,
  namespace: string,
): string | undefined {
  const missing = secrets.keys.filter((key) => present?.includes(key) !== true);
  if (missing.length === 0) return undefined;
  const values = missing.map((key) => `${key}=…`).join(' ');
  // `put` replaces the variable as a whole, so the others have to be given again.
  const others = present === undefined || present.length === 0 ? '' : ` (and again ${present.join(', ')})`;
  return (
    `The Nomad variable ${secrets.path} ${present === undefined ? 'is missing' : `lacks ${missing.join(', ')}`}: ` +
    `nomad var put -force -namespace ${namespace} ${secrets.path} ${values}${others}`
  );
}
