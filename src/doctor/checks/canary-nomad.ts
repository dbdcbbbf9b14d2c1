import { setTimeout as sleep } from 'node:timers/promises';
import { allocationsOfJob, type InspectedAllocation, jobPath } from '../../platform/nomad/inspect.js';
import { type Finding, notTried, well, wrong } from '../check.js';
import type { Ground, Profile } from '../ground.js';
import { denied } from './nomad-capabilities.js';

export interface Canary {
  readonly id: string;
  readonly profile: Profile;
  /** The child job; `asked for` while the answer to the dispatch is out. */
  child: string | undefined;
}

const over = new Set(['complete', 'failed', 'lost']);

export async function runs({ nomad }: Ground, { child = '' }: Canary, signal: AbortSignal): Promise<Finding> {
  const tried = 'its allocation';
  let latest: InspectedAllocation | undefined;
  while (!signal.aborted) {
    [latest] = await allocationsOfJob(nomad, child, signal).catch(() => [latest]);
    if (latest?.ClientStatus === 'running') return well(tried, `runs on ${latest.NodeName}`);
    if (latest !== undefined && over.has(latest.ClientStatus)) {
      const said = `${latest.ClientStatus} on ${latest.NodeName}: ${eventsOf(latest)}`;
      return wrong(tried, said, `Its log: nomad alloc logs -stderr ${latest.ID.slice(0, 8)}`);
    }
    await sleep(200);
  }
  if (latest === undefined)
    return wrong(tried, 'none: Nomad places it nowhere', `What it waits for: nomad job status "${child}"`);
  return wrong(
    tried,
    `still ${latest.ClientStatus} on ${latest.NodeName}: ${eventsOf(latest)}`,
    'A first download of the image takes long: pull it on every node, and ask again.',
  );
}

/** What happened to its tasks, in Nomad's words. */
function eventsOf({ TaskStates }: InspectedAllocation): string {
  const events = Object.values(TaskStates ?? {}).flatMap(({ Events }) => Events ?? []);
  return events.map(({ Type, DisplayMessage }) => DisplayMessage || Type).join('; ') || 'nothing has happened to it';
}

/** Nomad looks for the allocation before it looks at the token, so only a real one shows whether logs may be read. */
export async function lastWords(
  { nomad, settings }: Ground,
  { child = '' }: Canary,
  signal: AbortSignal,
): Promise<Finding> {
  const [allocation] = await allocationsOfJob(nomad, child, signal);
  const task = Object.keys(allocation?.TaskStates ?? {})[0];
  if (allocation === undefined || task === undefined) return notTried(`${jobPath(child)} has no task yet`);
  const answer = await nomad.ask('GET', `/v1/client/fs/logs/${allocation.ID}`, {
    query: { task, type: 'stderr', plain: 'true' },
    signal,
  });
  const tried = 'GET /v1/client/fs/logs';
  if (/permission denied/i.test(answer.text) && answer.status !== 200)
    return denied(tried, answer, 'read-logs', settings.NOMAD_NAMESPACE);
  if (answer.status !== 200)
    return wrong(tried, `${answer.status} ${answer.text}`, 'Nomad’s servers must reach this node.');
  return well(tried, 'readable');
}
