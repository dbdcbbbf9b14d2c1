import type { Command } from 'commander';
import { listVersions } from '../participants/study-version.js';
import { StudyCommandError } from './study-command-error.js';
import { withDatabase } from './with-database.js';

/** `study versions`, also `study show`. */
export function addVersions(study: Command): void {
  study
    .command('versions <study>')
    .alias('show')
    .description('all versions that were published, and how many participants began with each')
    .action(show);
}

async function show(study: string): Promise<void> {
  const versions = await withDatabase((database) => listVersions(database, study));
  if (versions.length === 0) throw new StudyCommandError(`There is no study "${study}": \`observatory study list\`.`);
  for (const { number, revision, publishedAt, participants, isCurrent } of versions) {
    const at = publishedAt.toISOString().slice(0, 16).replace('T', ' ');
    console.log(
      `${number}  ${revision.slice(0, 12)}  ${at} UTC  ${participants} participants${isCurrent ? '  for newcomers' : ''}`,
    );
  }
}
