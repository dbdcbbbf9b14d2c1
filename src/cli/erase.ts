import type { Command } from 'commander';
import { erase } from '../participants/erase.js';
import { participantIdPattern } from '../platform/identity.js';
import { withDatabase } from './with-database.js';

/** A person's wish that cannot be met, in words for the operator. */
export class EraseError extends Error {}

export function addErase(program: Command): void {
  program
    .command('erase')
    .description('remove all data of a participant for good; exports made before are yours to remove')
    .argument('<participant>', 'the number that the withdraw page shows')
    .requiredOption('--reason <words>', 'why, for the audit log; name nobody')
    .option('--yes', 'do it; without this, only said')
    .action(async (participant: string, { reason, yes }: { reason: string; yes?: boolean }) => {
      if (!participantIdPattern.test(participant)) throw new EraseError(`"${participant}" is no participant's number.`);
      if (yes !== true) throw new EraseError('This cannot be undone. Say --yes if it is meant.');
      await withDatabase(async (database) => {
        const done = await erase(database, { participant, actor: 'operator', reason });
        if (!done) throw new EraseError(`There is no participant ${participant}.`);
      });
      console.log('Erased. Backups and exports made before still have the data: remove them too.');
    });
}
