import { createWriteStream, existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { ExportError } from '../control/export/export-error.js';
import { exportStudy } from '../control/export/export.js';
import { importStudy } from '../control/export/import.js';
import type { ExportFormat } from '../control/export/manifest.js';
import { migrate } from '../platform/postgres/migrate.js';
import { withDatabase } from './with-database.js';

interface ExportOptions {
  readonly study: string;
  readonly out: string;
  readonly format: ExportFormat;
}

/** `export` and `import`: what is printed on the way goes to stderr. */
export function addExport(program: Command): void {
  program
    .command('export')
    .description('all data of a study as one zip: CSV, JSON Lines, notebooks, codebook, manifest')
    .requiredOption('--study <id>', 'the study')
    .requiredOption('--out <file.zip>', 'where to; it must not be there yet')
    .addOption(
      new Option('--format <format>', 'native, or upstream: the tables of the original')
        .choices(['native', 'upstream'])
        .default('native'),
    )
    .action((options: ExportOptions) => exportTo(options));
  program
    .command('import')
    .description('bring an export into a fresh database, which is migrated first')
    .argument('<file.zip>', 'made by `export`')
    .action((file: string) =>
      withDatabase(async (database) => {
        await migrate(database);
        const { study } = await importStudy({ database, file, progress: console.error });
        console.error(
          `Study ${study.id} is imported. Participants’ tokens and invitations are new: old links do not open it.`,
        );
      }),
    );
}

async function exportTo({ study, out, format }: ExportOptions): Promise<void> {
  if (existsSync(out)) throw new ExportError(`${out} is there already.`);
  // Under its name there is a whole export or none; nobody else may read it.
  const unfinished = `${out}.part`;
  try {
    await withDatabase(async (database) => {
      const output = createWriteStream(unfinished, { mode: 0o600 });
      await exportStudy({ database, studyId: study, format, output, progress: console.error });
    });
    await rename(unfinished, out);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  console.error(`${out} is written.`);
}
