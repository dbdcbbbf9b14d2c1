import type { Command } from 'commander';
import { type Replayed, replayStudy } from '../participants/replay.js';
import { findStudy } from '../participants/study-store.js';
import { withDatabase } from './with-database.js';

export class ReplayError extends Error {}

/** `replay`: what is told on the way goes to stderr. */
export function addReplay(program: Command): void {
  program
    .command('replay')
    .description('make each participant’s notebook again from the recorded events, and compare it with the stored one')
    .requiredOption('--study <id>', 'the study')
    .option('--json', 'one JSON object instead of text')
    .action(({ study, json }: { study: string; json?: boolean }) =>
      withDatabase(async (database) => {
        if ((await findStudy(database, study)) === undefined) throw new ReplayError(`There is no study ${study}.`);
        const replayed = await replayStudy(database, study, console.error);
        console.log(json === true ? JSON.stringify(replayed) : inWords(replayed));
        if (replayed.differences.length > 0) process.exitCode = 1;
      }),
    );
}

function inWords({ participants, compared, events, withoutNotebook, differences }: Replayed): string {
  return [
    ...differences.map(({ participant, what }) => `${participant}  ${what}`),
    `${participants} participants, ${events} changes replayed; ${compared} notebooks compared, ${withoutNotebook} had none stored: ` +
      (differences.length === 0 ? 'no difference.' : `${differences.length} differences.`),
  ].join('\n');
}
