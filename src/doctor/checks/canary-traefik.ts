import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Answer } from '../../platform/inquiry.js';
import { probeKey } from '../../platform/identity.js';
import { isRouted, type Speaker, speakerOf } from '../canary.js';
import { type Finding, well, wrong } from '../check.js';
import type { Ground } from '../ground.js';
import { type Canary, hasTime } from './canary-nomad.js';

const pathOf = ({ id }: Canary): string => `/proxy/${id}/api/kernels`;

/** With the key that the manager's probe has, or as anybody. */
function ask({ traefik, settings }: Ground, canary: Canary, withKey: boolean, signal: AbortSignal): Promise<Answer> {
  const headers = withKey ? { 'X-Observatory-Probe': probeKey(settings.OBSERVATORY_SECRET, canary.id) } : {};
  return traefik.ask('GET', pathOf(canary), { headers, signal });
}

export async function routed(ground: Ground, canary: Canary, signal: AbortSignal): Promise<Finding> {
  const tried = `GET ${ground.traefik.base}${pathOf(canary)}`;
  const since = performance.now();
  let heard: Answer | undefined;
  while (hasTime(canary, signal)) {
    heard = await ask(ground, canary, true, signal).catch(() => heard);
    if (heard !== undefined && isRouted(speakerOf(heard)))
      return well(tried, `a route ${((performance.now() - since) / 1000).toFixed(1)} s after the check passed`);
    await sleep(200);
  }
  const said = heard === undefined ? 'no answer' : `${heard.status} ${heard.text.slice(0, 100)}`;
  return wrong(tried, `${said}: ${await ownWords(ground, canary)}`, adviceWithoutRoute(heard && speakerOf(heard)));
}

function adviceWithoutRoute(speaker: Speaker | undefined): string {
  const provider =
    'Is providers.consulCatalog on, with a token that may read services and nodes, and does the entry point of the job’s tags exist? OBSERVATORY_TRAEFIK_API_URL would tell.';
  if (speaker !== 'gate or web') return provider;
  return `${provider} If the route is there, then web runs with another OBSERVATORY_SECRET than this doctor.`;
}

const router = z.object({ status: z.string(), error: z.array(z.string()).nullish() });

/** What Traefik's API says about the router, where it may be asked. */
async function ownWords({ traefikApi }: Ground, { id }: Canary): Promise<string> {
  const nothing = 'Traefik has no route to it';
  if (traefikApi === undefined) return nothing;
  const path = `/api/http/routers/${encodeURIComponent(`i-${id}@consulcatalog`)}`;
  const { status, text } = await traefikApi.ask('GET', path, { signal: AbortSignal.timeout(2_000) });
  if (status !== 200) return nothing;
  const { status: state, error } = router.parse(JSON.parse(text));
  return `Traefik's router for it is ${state}${error?.length ? `: ${error.join('; ')}` : ''}`;
}

/** The one answer that must never be 200: nobody may reach an instance without a session. */
export async function guarded(ground: Ground, canary: Canary, signal: AbortSignal): Promise<Finding> {
  const tried = 'the same without a session';
  const answer = await ask(ground, canary, false, signal);
  const said = `${answer.status} ${answer.text.slice(0, 100)}`;
  switch (speakerOf(answer)) {
    case 'gate or web':
      return well(tried, `refused by the gate (${answer.status})`);
    case 'instance':
    case 'instance refusing':
      return wrong(
        tried,
        `${said}: the instance itself answered, nobody asked the gate`,
        'forwardAuth is not wired: compare Traefik’s middleware with traefik/dynamic/gate.yaml, and the middlewares in the job’s tags.',
      );
    case 'gate distrusting':
      return wrong(
        tried,
        `${said}: the gate does not trust Traefik's address`,
        'Add the address that Traefik comes from, or its range, to OBSERVATORY_TRUSTED_PROXIES of web.',
      );
    case 'gate away':
      return wrong(
        tried,
        `${answer.status} without words: Traefik cannot ask the gate`,
        'The address of the forwardAuth middleware must be that of OBSERVATORY_GATE_LISTEN, and reachable from Traefik.',
      );
    case 'instance away':
    case 'no route':
    case 'unclear':
      return wrong(tried, `${said}, expected 401 or 403 from the gate`, 'See Traefik’s log for this path.');
  }
}

export async function reached(ground: Ground, canary: Canary, signal: AbortSignal): Promise<Finding> {
  const tried = 'the same with the probe’s key';
  const answer = await ask(ground, canary, true, signal);
  const said = `${answer.status} ${answer.text.slice(0, 100)}`;
  switch (speakerOf(answer)) {
    case 'instance':
      return well(tried, 'Jupyter answers, as it would to a participant');
    case 'instance refusing':
      return wrong(
        tried,
        `${said}: the gate let it through, but the instance did not get its token`,
        'Give the forwardAuth middleware authResponseHeaders: [Authorization], as in traefik/dynamic/gate.yaml.',
      );
    case 'instance away':
      return wrong(tried, said, 'Traefik must reach the ports that Nomad’s clients give to instances.');
    case 'gate or web':
      return wrong(tried, said, 'web runs with another OBSERVATORY_SECRET than this doctor: give both the same.');
    case 'gate distrusting':
    case 'gate away':
    case 'no route':
    case 'unclear':
      return wrong(tried, said, 'See Traefik’s log for this path.');
  }
}
