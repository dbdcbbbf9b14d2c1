import path from 'node:path';
import { packageRoot } from '../platform/root.js';
import { readSettings, type Settings, SettingsError } from '../platform/settings.js';
import { type Check, well, wrong, notTried, type Result } from './check.js';
import { canaryChecks } from './checks/canary.js';
import { clockCheck } from './checks/clock.js';
import { consulChecks } from './checks/consul.js';
import { consulPermissionChecks } from './checks/consul-permissions.js';
import { nomadChecks } from './checks/nomad.js';
import { capabilityChecks } from './checks/nomad-capabilities.js';
import { parentChecks } from './checks/parent.js';
import { postgresChecks } from './checks/postgres.js';
import { redisChecks } from './checks/redis.js';
import { traefikChecks } from './checks/traefik.js';
import { examine } from './examine.js';
import { closeGround, type Ground, openGround, type Profile } from './ground.js';

export interface DoctorOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly canary: boolean;
  /** Aborted when the doctor is to end early: what it started is still stopped. */
  readonly interrupt: AbortSignal;
  /** Told each result, in the order of the checks. */
  readonly onResult?: (result: Result) => void;
}

/** Examines everything that the Observatory stands on; the results in the order of the checks. */
export async function examineAll(options: DoctorOptions): Promise<Result[]> {
  const { environment, canary, interrupt, onResult = () => undefined } = options;
  const ground = open(environment);
  const checks = 'problem' in ground ? withoutSettings(ground.problem) : [settingsCheck(), ...checksOn(ground, canary)];
  const results: Result[] = [];
  try {
    for (const examined of examine(checks, interrupt)) {
      const result = await examined;
      onResult(result);
      results.push(result);
    }
    return results;
  } finally {
    if (!('problem' in ground)) await closeGround(ground);
  }
}

function open(environment: DoctorOptions['environment']): Ground | { readonly problem: string } {
  try {
    const settings = readSettings(environment);
    return openGround(settings, profilesOf(settings));
  } catch (error) {
    // A certificate's file that cannot be read is a wrong setting too.
    if (error instanceof SettingsError) return { problem: error.problems.join('\n') };
    return { problem: (error as Error).message };
  }
}

/** The one pool that the settings describe. */
function profilesOf(settings: Settings): Profile[] {
  const { OBSERVATORY_INSTANCE_JOB_FILE: file, OBSERVATORY_INSTANCE_VARS: variables } = settings;
  return [
    {
      name: settings.OBSERVATORY_PROFILE,
      job: settings.OBSERVATORY_INSTANCE_JOB,
      jobFile: file === 'none' ? undefined : path.resolve(packageRoot, file),
      variables: variables === undefined ? undefined : path.resolve(variables),
      min: settings.OBSERVATORY_POOL_MIN,
      maxInstances: settings.OBSERVATORY_MAX_INSTANCES,
    },
  ];
}

const SETTINGS = 'settings';

const settingsCheck = (): Check => ({
  name: SETTINGS,
  needs: [],
  run: () => Promise.resolve(well('the environment', 'complete')),
});

/** Without settings there is nothing to ask anybody. */
const withoutSettings = (problem: string): Check[] => [
  {
    name: SETTINGS,
    needs: [],
    run: () => Promise.resolve(wrong('the environment', problem, 'docs/settings.md lists every setting.')),
  },
  { name: 'everything else', needs: [SETTINGS], run: () => Promise.resolve(notTried('')) },
];

const checksOn = (ground: Ground, canary: boolean): Check[] => [
  ...postgresChecks(ground),
  ...redisChecks(ground),
  ...nomadChecks(ground),
  ...capabilityChecks(ground),
  ...consulChecks(ground),
  ...consulPermissionChecks(ground),
  clockCheck(ground),
  ...parentChecks(ground),
  ...traefikChecks(ground),
  ...(canary ? canaryChecks(ground) : []),
];
