import type { Command } from 'commander';
import { publishStudy } from '../participants/study-store.js';
import { readStudy } from '../studies/read.js';
import { withDatabase } from './with-database.js';

/** `study add`, also `study publish`. */
export function addPublish(study: Command): void {
  study
    .command('add <folder>')
    .alias('publish')
    .description('publish the study in this folder; whoever has begun an earlier version of it goes on with that one')
    .action(publish);
}

async function publish(folder: string): Promise<void> {
  const study = await readStudy(folder);
  const { version, revision, known } = await withDatabase((database) => publishStudy(database, study));
  const which = `version ${version} (${revision.slice(0, 12)})`;
  console.log(
    known
      ? `Study ${study.id}: these files are ${which}, which is published already; it is what newcomers get.`
      : `Study ${study.id} is published as ${which}, with ${study.conditions.length} conditions.`,
  );
}
