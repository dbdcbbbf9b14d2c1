import { type Cleanup, withCleanup } from '../local/cleanup.js';
import { type Stack, startProcess, startStack } from '../local/stack.js';
import { Nomad } from '../platform/nomad/client.js';
import { replayStudy } from '../participants/replay.js';
import { readSettings } from '../platform/settings.js';
import type { Mix } from '../simulate/mix.js';
import { playAll } from '../simulate/run.js';
import { readBooks } from '../simulate/verify.js';
import { prepareDatabase } from './demo.js';
import { startFaults } from './simulate-faults.js';
import { studyToTry } from './study-to-try.js';
import { browserPlayers, type Outcome, progress, runOptions, type SimulateOptions } from './simulate-options.js';

interface Here {
  readonly options: SimulateOptions;
  readonly mix: Mix;
  readonly runDir: string;
}

/** The whole system on this machine, the bots on it, and afterwards a look into its database. */
export async function simulateHere({ options: given, mix, runDir }: Here): Promise<Outcome> {
  const study = await studyToTry(given.study);
  const options = { ...given, study: study.id };
  return withCleanup(async (cleanup) => {
    const warm = Math.min(8, options.instances);
    const started = await startStack({ runDir, cleanup, poolSize: warm, log: progress });
    const stack = { ...started, environment: { ...started.environment, ...sizes(options, warm) } };
    const database = await prepareDatabase(stack, cleanup, study);
    const [web, manager] = await Promise.all([
      startProcess(stack, cleanup, 'web'),
      startProcess(stack, cleanup, 'manager'),
    ]);
    const inBrowser = await browserPlayers(options, stack.publicUrl);
    const faulty = { stack, cleanup, database, runDir, web, manager, progress };
    const drills = options.faults === true ? startFaults(faulty) : undefined;
    const run = await playAll({ ...runOptions(options, stack.publicUrl, mix), ...inBrowser });
    const { faults, missing } = (await drills?.stop()) ?? { faults: [], missing: [] };
    progress('all have ended; the books are read');
    const running = runningInstances(stack, cleanup);
    const { played, browsers } = run;
    const books = await readBooks(database, { studyId: options.study, played, browsers, running });
    const replayed = await replayStudy(database, options.study, progress);
    return { run, books, replayed, faults, missing };
  });
}

function sizes({ instances }: SimulateOptions, warm: number): Record<string, string> {
  return {
    OBSERVATORY_POOL_MAX: String(Math.max(warm, 10)),
    OBSERVATORY_MAX_INSTANCES: String(instances),
    // Many begin at once on two cores.
    OBSERVATORY_BOOT_SECONDS: '180',
  };
}

/** What runs, as Nomad says. */
function runningInstances(stack: Stack, cleanup: Cleanup): () => Promise<string[]> {
  const nomad = new Nomad(readSettings({ ...process.env, ...stack.environment }));
  cleanup.add({
    name: 'nomad client',
    stop: () => {
      nomad.close();
      return Promise.resolve();
    },
  });
  const job = stack.environment['OBSERVATORY_INSTANCE_JOB']!;
  return async () => {
    const jobs = await nomad.liveJobs([job]);
    return jobs.flatMap(({ ID, Meta }) => (ID === job ? [] : [Meta?.['instance_id'] ?? ID]));
  };
}
