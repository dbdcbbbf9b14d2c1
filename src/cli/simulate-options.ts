/** What `simulate` was asked for, and what both of its ways need. */
import type { Replayed } from '../participants/replay.js';
import type { Arrivals } from '../simulate/arrivals.js';
import type { Mix } from '../simulate/mix.js';
import type { Fault } from '../simulate/report.js';
import type { Run, RunOptions } from '../simulate/run.js';
import type { Books } from '../simulate/verify.js';

export interface SimulateOptions {
  readonly study: string;
  readonly url?: string;
  readonly participants: number;
  readonly arrivals: Arrivals;
  readonly rate: number;
  readonly behaviour?: string;
  readonly browser: number;
  readonly seed: number;
  readonly imbalance: number;
  readonly instances: number;
  readonly faults?: boolean;
  readonly json?: boolean;
  readonly report?: string;
}

export interface Outcome {
  readonly run: Run;
  readonly books: Books | undefined;
  readonly replayed: Replayed | undefined;
  readonly faults: readonly Fault[];
  /** Those that there was no time for. */
  readonly missing: readonly string[];
}

export class SimulateError extends Error {}

export const progress = (line: string): void => {
  console.error(line);
};

export function runOptions(options: SimulateOptions, publicUrl: string, mix: Mix): RunOptions {
  const { study, participants, arrivals, rate, seed } = options;
  return { publicUrl, studyId: study, participants, arrivals, rate, mix, seed, progress };
}

export async function browserPlayers(
  { browser, study }: SimulateOptions,
  publicUrl: string,
): Promise<Pick<RunOptions, 'inBrowser'>> {
  if (browser === 0) return {};
  const { playParticipant } = await fromClone(() => import('../local/participant.js'));
  const { Cache } = await fromClone(() => import('../local/cache.js'));
  const visit = {
    cache: new Cache(undefined, progress),
    studyLink: `${publicUrl}/?study=${encodeURIComponent(study)}`,
  };
  return { inBrowser: { count: browser, play: () => playParticipant({ ...visit, log: () => undefined }) } };
}

/** An installed package has no test browser and no database server among its packages. */
export async function fromClone<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new SimulateError('Without --url and with --browser, `simulate` runs from a clone of the repository.');
  }
}
