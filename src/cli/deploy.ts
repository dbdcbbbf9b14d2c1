import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { deploy } from '../deploy/index.js';
import { DeployError } from '../deploy/deploy-error.js';
import { forEvaluation, isPart, type Part, parts } from '../deploy/parts.js';
import { NomadDeployClient } from '../platform/nomad/deploy-client.js';
import { packageRoot, packageVersion } from '../platform/root.js';
import { readNomadSettings } from '../platform/settings.js';
import { untilSignal } from './signals.js';

const INTERRUPTED = 130;
const INTERRUPTED_WAITING =
  'Interrupted. What is registered goes on in Nomad; run the command again to bring up the rest.';

interface Options {
  readonly only?: Part[];
  readonly evaluation?: true;
  readonly var?: string[];
  readonly varFile?: string[];
  readonly files?: string;
  readonly namespace?: string;
  readonly dryRun?: true;
  readonly yes?: true;
}

/** `observatory deploy`: the platform as jobs of the Nomad that NOMAD_ADDR names. */
export function addDeploy(program: Command): void {
  const collect = (value: string, earlier: string[] = []): string[] => [...earlier, value];
  program
    .command('deploy')
    .description(
      'bring the platform’s jobs in Nomad to what jobs/ says: shows the difference, asks, waits until all is healthy',
    )
    .option('--only <jobs>', `some of ${parts.join(', ')}, with commas between`, readParts)
    .option('--evaluation', 'also Postgres and Redis, for trying the system out')
    .option('--var <name=value>', 'value of a job file’s variable', collect)
    .option('--var-file <file>', 'file of such values, in HCL', collect)
    .option(
      '--files <folder>',
      'folder with jobs/ and traefik/ files of your own; what it lacks comes from the package',
    )
    .option('--namespace <name>', 'Nomad namespace of the jobs; NOMAD_NAMESPACE if absent')
    .option('--dry-run', 'show the difference and end')
    .option('--yes', 'do not ask')
    .action(run);
}

async function run(options: Options): Promise<void> {
  if (options.files !== undefined && !existsSync(path.join(options.files, 'jobs')))
    throw new DeployError([`--files ${options.files}: expected a folder that holds a folder jobs`]);
  const settings = readNomadSettings(process.env);
  const namespace = options.namespace ?? settings.NOMAD_NAMESPACE;
  const client = new NomadDeployClient({ ...settings, NOMAD_NAMESPACE: namespace });
  const say = (line: string): void => {
    console.log(line);
  };
  let begun = false;
  void untilSignal().then(() => {
    console.error(begun ? INTERRUPTED_WAITING : 'Interrupted. Nothing was changed.');
    process.exit(INTERRUPTED);
  });
  try {
    await deploy(client, {
      roots: options.files === undefined ? [packageRoot] : [path.resolve(options.files), packageRoot],
      parts: options.only ?? parts.filter((part) => options.evaluation === true || !forEvaluation.includes(part)),
      given: { assignments: options.var ?? [], files: options.varFile ?? [], namespace, release: packageVersion },
      colours: process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
      agrees: async () => (begun = await agrees(options)),
      say,
    });
  } finally {
    client.close();
  }
}

async function agrees({ yes, dryRun }: Options): Promise<boolean> {
  if (dryRun === true) return false;
  if (yes === true) return true;
  if (!process.stdin.isTTY)
    throw new DeployError(['There is nobody to ask here: say --yes to deploy, --dry-run to look.']);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const left = new AbortController();
  terminal.once('close', () => {
    left.abort();
  });
  try {
    return /^y(es)?$/i.test((await terminal.question('Register these jobs? [y/N] ', { signal: left.signal })).trim());
  } catch (error) {
    // Ctrl-C and Ctrl-D are an answer too.
    if (!left.signal.aborted) throw error;
    console.log();
    process.exitCode = INTERRUPTED;
    return false;
  } finally {
    terminal.close();
  }
}

function readParts(text: string): Part[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !isPart(name));
  if (unknown.length > 0)
    throw new InvalidArgumentError(`${unknown.join(', ')}: expected some of ${parts.join(', ')}.`);
  return names.filter(isPart);
}
