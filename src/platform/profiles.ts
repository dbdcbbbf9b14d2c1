import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { packageRoot } from './root.js';
import type { Settings } from './settings.js';

/** One kind of instance: its job in Nomad, and the pool of warm ones that the manager keeps. */
export interface Profile {
  readonly name: string;
  /** Id of the parent job. */
  readonly job: string;
  /** The parent job's file, undefined where `observatory deploy` registers it. */
  readonly jobFile: string | undefined;
  /** File of values for the job file's variables. */
  readonly variables: string | undefined;
  /** Warm instances at least and at most. */
  readonly min: number;
  readonly max: number;
  /** Ceiling of instances alive, in whatever state. */
  readonly maxInstances: number;
  readonly bootSeconds: number;
}

export class ProfilesError extends Error {}

const whole = z.number({ error: 'expected a whole number' }).int('expected a whole number').min(0);

const poolSchema = z.strictObject({
  min: whole.optional(),
  max: whole.optional(),
  maxInstances: whole.min(1).optional(),
  bootSeconds: whole.min(1).optional(),
  job: z.string().optional(),
  jobFile: z.string().optional(),
  variables: z.string().optional(),
});
const fileSchema = z.record(z.string(), poolSchema.nullable()).superRefine((pools, context) => {
  for (const name of Object.keys(pools)) {
    if (/^[a-z0-9][a-z0-9-]{0,62}$/.test(name)) continue;
    context.addIssue({ code: 'custom', path: [name], message: 'a profile is of small letters, digits and hyphens' });
  }
});

/** The profiles of `OBSERVATORY_PROFILES`, or the one that the settings describe; what the file leaves out, the settings give. */
export async function readProfiles(settings: Settings): Promise<readonly Profile[]> {
  const { OBSERVATORY_PROFILES: file, OBSERVATORY_PROFILE: name } = settings;
  const pools = file === undefined ? { [name]: null } : parsePools(file, await readPools(file));
  const profiles = Object.entries(pools).map(([profile, pool]) => withDefaults(profile, pool ?? {}, settings));
  const problems = profiles.flatMap(({ name: profile, min, max }) =>
    min > max ? [`${profile}: min is ${min}, but max is only ${max}`] : [],
  );
  if (profiles.length === 0) problems.push('it names no profile');
  if (new Set(profiles.map(({ job }) => job)).size < profiles.length)
    problems.push('two profiles share one job: give each a job of its own');
  if (problems.length > 0) throw new ProfilesError(describe(file ?? 'The settings', problems));
  return profiles;
}

async function readPools(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ProfilesError(`OBSERVATORY_PROFILES: ${file} cannot be read: ${(error as Error).message}`);
  }
}

function parsePools(file: string, text: string): z.infer<typeof fileSchema> {
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    if (error instanceof YAMLParseError) throw new ProfilesError(describe(file, [error.message]));
    throw error;
  }
  const parsed = fileSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new ProfilesError(
    describe(
      file,
      parsed.error.issues.map(({ path: where, message }) => `${where.join('.') || 'the file'}: ${message}`),
    ),
  );
}

function withDefaults(name: string, pool: z.infer<typeof poolSchema>, settings: Settings): Profile {
  const { OBSERVATORY_INSTANCE_JOB: job, OBSERVATORY_PROFILE: first } = settings;
  const jobFile = pool.jobFile ?? settings.OBSERVATORY_INSTANCE_JOB_FILE;
  const variables = pool.variables ?? settings.OBSERVATORY_INSTANCE_VARS;
  return {
    name,
    job: pool.job ?? (name === first ? job : `${job}-${name}`),
    jobFile: jobFile === 'none' ? undefined : path.resolve(packageRoot, jobFile),
    variables: variables === undefined ? undefined : path.resolve(variables),
    min: pool.min ?? settings.OBSERVATORY_POOL_MIN,
    max: pool.max ?? Math.max(settings.OBSERVATORY_POOL_MAX, pool.min ?? 0),
    maxInstances: pool.maxInstances ?? settings.OBSERVATORY_MAX_INSTANCES,
    bootSeconds: pool.bootSeconds ?? settings.OBSERVATORY_BOOT_SECONDS,
  };
}

const describe = (file: string, problems: readonly string[]): string =>
  `${file} does not describe the pools:\n${problems.map((problem) => `  ${problem}`).join('\n')}`;
