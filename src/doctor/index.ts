import { ProfilesError, readProfiles } from '../platform/profiles.js';
import { readSettings, SettingsError } from '../platform/settings.js';
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
import { webNomadChecks } from './checks/web-nomad.js';
import { examine } from './examine.js';
import { closeGround, type Ground, openGround } from './ground.js';

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
  const ground = await open(environment);
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

async function open(environment: DoctorOptions['environment']): Promise<Ground | { readonly problem: string }> {
  try {
    const settings = readSettings(environment);
    return openGround(settings, await readProfiles(settings));
  } catch (error) {
    if (error instanceof SettingsError) return { problem: error.problems.join('\n') };
    if (error instanceof ProfilesError || isUnreadable(error)) return { problem: (error as Error).message };
    throw error;
  }
}

/** The file of a certificate. */
const isUnreadable = (error: unknown): boolean =>
  ['ENOENT', 'EACCES'].includes(String((error as { code?: unknown }).code));

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
  ...webNomadChecks(ground),
  ...consulChecks(ground),
  ...consulPermissionChecks(ground),
  clockCheck(ground),
  ...parentChecks(ground),
  ...traefikChecks(ground),
  ...(canary ? canaryChecks(ground) : []),
];
