import { readFile } from 'node:fs/promises';
import { DeployError } from './deploy-error.js';
import { hclString, type JobFile } from './job-file.js';

export interface Given {
  /** `name=value`, as they stand on the command line. */
  readonly assignments: readonly string[];
  /** Paths of files of values, in HCL. */
  readonly files: readonly string[];
  /** What this command itself knows; a file or the command line may say otherwise, except for the namespace. */
  readonly namespace: string;
  readonly release: string;
}

interface Source {
  readonly origin: string;
  readonly names: readonly string[];
  readonly text: string;
}

/** Values for the job files' variables, one HCL text for all; each name once, and known to at least one file. */
export async function variableText(given: Given, files: readonly JobFile[]): Promise<string> {
  const types = new Map(files.flatMap(({ variables }) => [...variables]));
  const sources = [
    ...(await Promise.all(given.files.map(fromFile))),
    ...given.assignments.map((one) => assigned(one, types)),
  ];
  const problems = problemsOf(sources, types);
  if (problems.length > 0) throw new DeployError(problems);
  const named = new Set(sources.flatMap(({ names }) => names));
  const release = named.has('release') ? '' : `release = ${hclString(given.release)}\n`;
  return [...sources.map(({ text }) => `${text}\n`), `namespace = ${hclString(given.namespace)}\n`, release].join('');
}

async function fromFile(file: string): Promise<Source> {
  try {
    const text = await readFile(file, 'utf8');
    return { origin: file, names: [...text.matchAll(/^(\w+)\s*=/gm)].map(([, name]) => name!), text };
  } catch (error) {
    throw new DeployError([`--var-file ${file} cannot be read: ${(error as Error).message}`]);
  }
}

function assigned(assignment: string, types: ReadonlyMap<string, string>): Source {
  const [, name, value] = /^(\w+)=(.*)$/s.exec(assignment) ?? [];
  if (name === undefined || value === undefined) {
    throw new DeployError([`--var ${assignment}: expected name=value, such as --var web_count=3`]);
  }
  if (types.get(name) === 'number' && !/^\d+(\.\d+)?$/.test(value)) {
    throw new DeployError([`--var ${assignment}: expected a number`]);
  }
  return {
    origin: `--var ${name}`,
    names: [name],
    text: `${name} = ${types.get(name) === 'string' ? hclString(value) : value}`,
  };
}

function problemsOf(sources: readonly Source[], types: ReadonlyMap<string, string>): string[] {
  const origins = new Map<string, string>([['namespace', '--namespace or NOMAD_NAMESPACE']]);
  const problems: string[] = [];
  for (const { origin, names } of sources) {
    for (const name of names) {
      const earlier = origins.get(name);
      if (earlier !== undefined) problems.push(`The variable ${name} is given twice: by ${earlier} and by ${origin}.`);
      else if (!types.has(name))
        problems.push(`${origin} gives ${name}, which no job file declares; the files in jobs/ do.`);
      origins.set(name, origin);
    }
  }
  return problems;
}
