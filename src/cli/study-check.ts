import type { Command } from 'commander';
import { orderingNotes } from '../studies/orderings/notes.js';
import { readStudy, type Study } from '../studies/read.js';
import { remarks } from '../studies/remarks.js';
import { revisionOf } from '../studies/revision.js';
import { describeFailures } from '../studies/starter-code.js';
import { listStudyFiles } from '../studies/study-files.js';
import { StudyCommandError } from './study-command-error.js';

interface CheckOptions {
  readonly run: boolean;
  readonly seconds: number;
}

/** `study check <folder>`. */
export function addStudyCheck(study: Command): void {
  study
    .command('check <folder>')
    .description('say all that is wrong with the study in this folder, and run its code; nothing is published')
    .option('--no-run', 'do not run the code that participants get')
    .option('--seconds <n>', 'how long a cell may run', seconds, 60)
    .action(checkStudy);
}

function seconds(given: string): number {
  const value = Number(given);
  if (value > 0 && value <= 3_600) return value;
  throw new StudyCommandError('--seconds: expected a number from 1 to 3600');
}

async function checkStudy(folder: string, options: CheckOptions): Promise<void> {
  const study = await readStudy(folder);
  const { id, tasks, conditions } = study;
  const count = conditions.length === 1 ? '1 condition' : `${conditions.length} conditions`;
  console.log(`Study ${id}: ${tasks.length} tasks, ${count}, revision ${revisionOf(study).slice(0, 12)}.`);
  for (const { number, name } of conditions) console.log(`  ${number}  ${name}`);
  for (const remark of remarks(study, await listStudyFiles(folder))) console.log(`Note: ${remark}.`);
  for (const note of orderingNotes(study)) console.log(`Note: ${note}`);
  if (options.run) await runCode(study, options);
  else console.log('Its code was not run.');
  console.log('It can be published.');
}

async function runCode(study: Study, { seconds: limit }: CheckOptions): Promise<void> {
  // An installed package that only serves needs none of this.
  const { NoInstanceError, runStarterCode } = await import('./study-run.js');
  const { failures, cells } = await runStarterCode(study, { seconds: limit, progress: console.log }).catch(
    (error: unknown) => {
      if (!(error instanceof NoInstanceError)) throw error;
      const advice =
        'It needs a clone of the Observatory on Linux, and Python 3 with venv and pip; `--no-run` checks everything else.';
      throw new StudyCommandError(`The code could not be run on this machine: ${error.message}\n${advice}`);
    },
  );
  if (study.profile !== 'default') {
    console.log(`Note: it was run with the packages of the profile "default", not of "${study.profile}".`);
  }
  if (failures.length === 0) {
    console.log(`Its code runs: ${cells} cells over all conditions, in an instance on this machine.`);
    return;
  }
  const lines = describeFailures(failures, study.conditions.length);
  const advice = 'Code that is meant to fail is marked in study.yaml: `expect: error` beside its `code:`.';
  throw new StudyCommandError(
    [`The study's code does not run as it is given:`, ...lines.map((line) => `- ${line}`), advice].join('\n'),
  );
}
