#!/usr/bin/env node
import { Command } from 'commander';
import { UsersError } from '../control/access/users.js';
import { ExportError } from '../control/export/export-error.js';
import { DeployError } from '../deploy/deploy-error.js';
import { createLogger } from '../platform/log.js';
import { migrate } from '../platform/postgres/migrate.js';
import { ProfilesError } from '../platform/profiles.js';
import { packageVersion } from '../platform/root.js';
import { readSettings, readSome, SettingsError } from '../platform/settings.js';
import { MixError } from '../simulate/mix.js';
import { NotOriginal } from '../studies/original/editor.js';
import { StudyError } from '../studies/study-error.js';
import { controlLink } from './control-link.js';
import { addDeploy } from './deploy.js';
import { addErase, EraseError } from './erase.js';
import { addExport } from './export.js';
import { addReplay, ReplayError } from './replay.js';
import { untilSignal } from './signals.js';
import { addSimulate } from './simulate.js';
import { SimulateError } from './simulate-options.js';
import { addStudy } from './study.js';
import { StudyCommandError } from './study-command-error.js';
import { addTokens, TokensError } from './tokens.js';
import { addUsers } from './users.js';
import { withDatabase } from './with-database.js';

const program = new Command('observatory')
  .description('Controlled programming experiments on Nomad, Consul and Traefik')
  .version(packageVersion);

// Whoever reads has gone, as `head` does: the same as being asked to end, so the doctor still stops its canary.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.kill(process.pid, 'SIGTERM');
});

program
  .command('web')
  .description('serve the participants’ pages, the gate and the event intake')
  .action(async () => {
    const { startWeb } = await import('./web.js');
    const settings = readSettings(process.env);
    const web = await startWeb(settings, createLogger('web', settings.OBSERVATORY_LOG_LEVEL));
    await untilSignal();
    await web.stop();
  });

program
  .command('manager')
  .description('keep the pool of instances; run as many as you like, one leads')
  .action(async () => {
    const { startManager } = await import('../manager/index.js');
    const settings = readSettings(process.env);
    const manager = await startManager({ settings, log: createLogger('manager', settings.OBSERVATORY_LOG_LEVEL) });
    await untilSignal();
    await manager.stop();
  });

program
  .command('migrate')
  .description('bring the database up to date')
  .action(async () => {
    await withDatabase(async (database) => {
      const applied = await migrate(database);
      console.log(applied.length === 0 ? 'The database is up to date.' : `Applied migration ${applied.join(', ')}.`);
    });
  });

program
  .command('control')
  .description('print the operator’s link to the control page; whoever has it is an admin')
  .action(() => {
    const names = ['OBSERVATORY_CONTROL_URL', 'OBSERVATORY_PUBLIC_URL', 'OBSERVATORY_SECRET'] as const;
    const { OBSERVATORY_CONTROL_URL, OBSERVATORY_PUBLIC_URL, OBSERVATORY_SECRET } = readSome(process.env, names);
    console.log(controlLink(OBSERVATORY_CONTROL_URL ?? OBSERVATORY_PUBLIC_URL, OBSERVATORY_SECRET));
  });

addStudy(program);
addTokens(program);
addUsers(program);
addDeploy(program);
addExport(program);
addErase(program);
addSimulate(program);
addReplay(program);

program
  .command('openapi')
  .description('print the description of the control area’s HTTP API, an OpenAPI document')
  .action(async () => {
    const { openApi } = await import('../control/api/document.js');
    const { endpoints } = await import('../control/api/endpoints.js');
    console.log(JSON.stringify(openApi(endpoints), null, 2));
  });

program
  .command('doctor')
  .description('examine every service and permission that the Observatory needs, and a canary instance')
  .option('--json', 'one JSON object instead of lines')
  .option('--no-canary', 'start no instance')
  .action(async ({ json, canary }: { json?: boolean; canary: boolean }) => {
    const { doctor } = await import('./doctor.js');
    process.exitCode = await doctor({ json: json === true, canary });
  });

program
  .command('status')
  .description('pools, participants, leader and last pass, problems first; from Postgres alone')
  .option('--json', 'one JSON object instead of text')
  .option('--watch', 'again every 2 s, until Ctrl-C')
  .action(async ({ json, watch }: { json?: boolean; watch?: boolean }) => {
    const { status } = await import('./status.js');
    process.exitCode = await status({ json: json === true, watch: watch === true });
  });

program
  .command('drain')
  .description('empty the pools on purpose; participants with an instance keep it')
  .option('--off', 'end the drain')
  .action(async ({ off }: { off?: boolean }) => {
    const { drain } = await import('./drain.js');
    process.exitCode = await drain({ off: off === true });
  });

program
  .command('demo')
  .description('the whole system on this machine, with a study')
  .option('--once', 'play one participant through in headless Chromium, then stop')
  .option('--study <folder>', 'a study of your own, or the name of an example')
  .action(async ({ once, study }: { once?: boolean; study?: string }) => {
    const { demo } = await import('./demo.js').catch((error: NodeJS.ErrnoException) => {
      // An installed package has no test browser and no database server among its packages.
      if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
      return program.error('The demo runs from a clone of the repository: `npm run demo` there.');
    });
    await demo({ once: once === true, ...(study !== undefined && { study }) });
  });

try {
  await program.parseAsync();
} catch (error) {
  // What an operator can act on is said in words; only what we did not expect shows where it came from.
  const known = [
    SettingsError,
    StudyError,
    ProfilesError,
    DeployError,
    TokensError,
    UsersError,
    ExportError,
    EraseError,
    StudyCommandError,
    NotOriginal,
    MixError,
    ReplayError,
    SimulateError,
  ].some((kind) => error instanceof kind);
  console.error(known ? (error as Error).message : error);
  // A part that could not start must not live on half: whoever started it sees it end.
  process.exit(1);
}
