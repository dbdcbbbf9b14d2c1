import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { instanceToken, newInstanceId, tokenHash } from '../../platform/identity.js';
import { jobPath } from '../../platform/nomad/http.js';
import { allocationsOfJob, liveChildren } from '../../platform/nomad/inspect.js';
import { type Check, type Finding, notTried, well, wrong } from '../check.js';
import type { Profile } from '../../platform/profiles.js';
import type { Ground } from '../ground.js';
import { inConsul } from './canary-consul.js';
import { type Canary, logs, runs } from './canary-nomad.js';
import { guarded, reached, routed } from './canary-traefik.js';

/** From dispatch to route; a canary that needs longer is in trouble. */
const CANARY_SECONDS = 20;
const STOP_SECONDS = 12;

/** An instance as the manager starts it, on record nowhere, followed until a participant could reach it, and stopped. */
export function canaryChecks(ground: Ground): Check[] {
  return ground.profiles.flatMap((profile) => checksOf(ground, profile));
}

function checksOf(ground: Ground, profile: Profile): Check[] {
  const { name } = profile;
  const canary: Canary = { id: newInstanceId(), profile, child: undefined, deadline: Infinity };
  const stage = (what: string) => `canary ${name} ${what}`;
  const needed = ['nomad dispatch-job', `job ${name} meta`, `job ${name} tags`, `capacity ${name}`];
  const stages: Check[] = [
    { name: stage('dispatched'), needs: needed, run: (signal) => dispatch(ground, canary, signal) },
    {
      name: stage('runs'),
      needs: [stage('dispatched')],
      seconds: CANARY_SECONDS,
      run: (signal) => runs(ground, canary, signal),
    },
    { name: stage('logs'), needs: [stage('runs')], run: (signal) => logs(ground, canary, signal) },
    {
      name: stage('in Consul'),
      needs: [stage('runs'), 'consul services'],
      seconds: CANARY_SECONDS,
      run: (signal) => inConsul(ground, canary, signal),
    },
    {
      name: stage('routed'),
      needs: [stage('in Consul'), 'web', 'traefik gate'],
      seconds: CANARY_SECONDS,
      run: (signal) => routed(ground, canary, signal),
    },
    { name: stage('guarded'), needs: [stage('routed')], run: (signal) => guarded(ground, canary, signal) },
    { name: stage('reached'), needs: [stage('guarded')], run: (signal) => reached(ground, canary, signal) },
  ];
  const stopped: Check = {
    name: stage('stopped'),
    needs: [],
    cleansUpAfter: stages.map(({ name: before }) => before),
    seconds: STOP_SECONDS,
    run: (signal) => stop(ground, canary, signal),
  };
  return [...stages, stopped];
}

const dispatched = z.object({ DispatchedJobID: z.string() });

async function dispatch({ nomad, settings }: Ground, canary: Canary, signal: AbortSignal): Promise<Finding> {
  const { id, profile } = canary;
  const tried = `instance ${id} of ${profile.job}`;
  const token = instanceToken(settings.OBSERVATORY_SECRET, id);
  const Meta = { instance_id: id, token_hash: tokenHash(token), profile: profile.name };
  canary.child = 'asked for';
  canary.deadline = performance.now() + CANARY_SECONDS * 1000;
  const { status, text } = await nomad.ask('POST', `${jobPath(profile.job)}/dispatch`, {
    query: { idempotency_token: id },
    body: { Meta },
    signal,
  });
  if (status !== 200) return wrong(tried, `${status} ${text}`, 'Nomad’s words tell what it did not like.');
  canary.child = dispatched.parse(JSON.parse(text)).DispatchedJobID;
  return well(tried, canary.child);
}

/** By its instance id, as the answer to the dispatch may have been lost. */
async function stop({ nomad }: Ground, { id, profile, child }: Canary, signal: AbortSignal): Promise<Finding> {
  if (child === undefined) return notTried('there is none');
  const tried = `DELETE of the canary's job`;
  const filter = `ParentID == ${JSON.stringify(profile.job)} and Meta.instance_id == ${JSON.stringify(id)}`;
  const left = child === 'asked for' ? await liveChildren(nomad, filter, signal) : [child];
  for (const job of left) {
    const { status, text } = await nomad.ask('DELETE', jobPath(job), { signal });
    if (status !== 200) return wrong(tried, `${status} ${text}`, `Stop it by hand: nomad job stop "${job}"`);
  }
  while (!signal.aborted) {
    const allocations = (await Promise.all(left.map((job) => allocationsOfJob(nomad, job, signal)))).flat();
    if (allocations.every(({ ClientStatus }) => ClientStatus !== 'running' && ClientStatus !== 'pending'))
      return well(tried, 'its process is gone');
    await sleep(200);
  }
  return wrong(tried, 'its process still runs', `Look at it: nomad job status "${left[0] ?? ''}"`);
}
