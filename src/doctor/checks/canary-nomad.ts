import { setTimeout as sleep } from 'node:timers/promises';
import type { Profile } from '../../platform/profiles.js';
import { type Answer, NoAnswer } from '../../platform/inquiry.js';
import { allocationsOfJob, type InspectedAllocation, Unexpected } from '../../platform/nomad/inspect.js';
import { type Finding, notTried, well, wrong } from '../check.js';
import type { Ground } from '../ground.js';

export interface Canary {
  readonly id: string;
  readonly profile: Profile;
  /** The child job; `asked for` while the answer to the dispatch is out. */
  child: string | undefined;
  /** By `performance.now()`: until it is routed. The manager stops it 30 s after its dispatch, since no row knows it. */
  deadline: number;
}

export const hasTime = ({ deadline }: Canary, signal: AbortSignal): boolean =>
  !signal.aborted && performance.now() < deadline;

const over = new Set(['complete', 'failed', 'lost']);
const LOG_LINES = 3;
/** A program that cannot start dies within a second. */
const SETTLED_MS = 1_000;

export async function runs(ground: Ground, canary: Canary, signal: AbortSignal): Promise<Finding> {
  const tried = 'its allocation';
  let latest: InspectedAllocation | undefined;
  let runningSince = Infinity;
  while (hasTime(canary, signal)) {
    latest = (await allocationOf(ground, canary, signal)) ?? latest;
    if (latest?.ClientStatus === 'running') runningSince = Math.min(runningSince, performance.now());
    if (latest?.ClientStatus === 'running' && performance.now() - runningSince > SETTLED_MS)
      return well(tried, `runs on ${latest.NodeName}`);
    if (latest !== undefined && over.has(latest.ClientStatus)) return death(ground, tried, latest);
    await sleep(200);
  }
  if (latest === undefined)
    return wrong(tried, 'none: Nomad places it nowhere', `What it waits for: nomad job status "${canary.child ?? ''}"`);
  return wrong(
    tried,
    `still ${latest.ClientStatus} on ${latest.NodeName}: ${eventsOf(latest)}`,
    'A first download of the image takes long: pull it on every node, and ask again.',
  );
}

/** The finding that it is dead, undefined while it lives. */
export async function isDead(ground: Ground, canary: Canary, signal: AbortSignal): Promise<Finding | undefined> {
  const allocation = await allocationOf(ground, canary, signal);
  if (allocation === undefined || !over.has(allocation.ClientStatus)) return undefined;
  return death(ground, 'its allocation', allocation);
}

/** Nomad looks for the allocation before it looks at the token, so only a real one shows whether logs may be read. */
export async function logs(ground: Ground, canary: Canary, signal: AbortSignal): Promise<Finding> {
  const allocation = await allocationOf(ground, canary, signal);
  const answer = allocation && (await stderrOf(ground, allocation, signal));
  const tried = 'GET /v1/client/fs/logs';
  if (answer === undefined) return notTried('it has no task yet');
  if (answer.status === 200) return well(tried, 'readable');
  if (/permission denied/i.test(answer.text))
    return notTried('the token lacks read-logs; only the doctor would use it, to show why an instance died');
  return wrong(tried, `${answer.status} ${answer.text}`, 'Nomad’s servers must reach the client on this node.');
}

/** Undefined while there is none, or for as long as Nomad does not answer: the next look may succeed. */
async function allocationOf({ nomad }: Ground, { child = '' }: Canary, signal: AbortSignal) {
  try {
    return (await allocationsOfJob(nomad, child, signal))[0];
  } catch (error) {
    if (error instanceof NoAnswer || error instanceof Unexpected) return undefined;
    throw error;
  }
}

/** Asked in a time of its own: the reason of a death is worth it when the check's time is over. */
async function death(ground: Ground, tried: string, allocation: InspectedAllocation): Promise<Finding> {
  const said = `${allocation.ClientStatus} on ${allocation.NodeName}: ${eventsOf(allocation)}`;
  const log = await stderrOf(ground, allocation, AbortSignal.timeout(3_000));
  const lines = log?.status === 200 ? log.text.split('\n').slice(-LOG_LINES) : [];
  const words = lines.filter((line) => line !== '').map((line) => `\n  stderr: ${line.slice(0, 200)}`);
  const advice = `Correct the job file or its variables. All of its log: nomad alloc logs -stderr ${allocation.ID.slice(0, 8)}`;
  return wrong(tried, `${said}${words.join('')}`, advice);
}

/** What happened to its tasks, in Nomad's words. */
function eventsOf({ TaskStates }: InspectedAllocation): string {
  const events = Object.values(TaskStates ?? {}).flatMap(({ Events }) => Events ?? []);
  const told = events.map(({ Type, DisplayMessage }) => (DisplayMessage === '' ? Type : DisplayMessage));
  return told.length === 0 ? 'nothing has happened to it' : told.join('; ');
}

async function stderrOf(
  { nomad }: Ground,
  { ID, TaskStates }: InspectedAllocation,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  const task = Object.keys(TaskStates ?? {})[0];
  if (task === undefined) return undefined;
  const query = { task, type: 'stderr', plain: 'true', origin: 'end', offset: '2000' };
  return nomad.ask('GET', `/v1/client/fs/logs/${ID}`, { query, signal });
}
