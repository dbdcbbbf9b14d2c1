import { z } from 'zod';
import { Inquiry, NoAnswer } from '../../platform/inquiry.js';
import { readParent } from '../../platform/nomad/inspect.js';
import { type Check, type Finding, notTried, well, wrong } from '../check.js';
import { forwardAuth } from '../forward-auth.js';
import type { Ground } from '../ground.js';
import { gateOf, usualGate } from '../parent.js';

const WITHOUT_API = 'set OBSERVATORY_TRAEFIK_API_URL; the canary shows the same from the outside';

export function traefikChecks(ground: Ground): Check[] {
  const { traefik, traefikApi, settings } = ground;
  return [
    { name: 'traefik', needs: [], run: (signal) => reach(settings.OBSERVATORY_PUBLIC_URL, signal) },
    { name: 'web', needs: ['traefik'], run: (signal) => webAnswers(traefik, signal) },
    {
      name: 'traefik catalog',
      needs: ['traefik'],
      run: async (signal) => (traefikApi === undefined ? notTried(WITHOUT_API) : readsCatalog(traefikApi, signal)),
    },
    {
      name: 'traefik gate',
      needs: ['traefik catalog'],
      run: async (signal) =>
        traefikApi === undefined ? notTried(WITHOUT_API) : asksTheGate(ground, traefikApi, signal),
    },
  ];
}

async function reach(publicUrl: string, signal: AbortSignal): Promise<Finding> {
  const inquiry = new Inquiry({ base: publicUrl });
  try {
    await inquiry.ask('GET', '/', { signal });
    return well(publicUrl, 'answers');
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    return wrong(publicUrl, error.message, 'Start Traefik, open the way to it, or correct OBSERVATORY_PUBLIC_URL.');
  } finally {
    inquiry.close();
  }
}

async function webAnswers(traefik: Inquiry, signal: AbortSignal): Promise<Finding> {
  const tried = `GET ${traefik.base}/healthz`;
  try {
    const { status, text } = await traefik.ask('GET', '/healthz', { signal });
    if (status === 200 && text === '{"ok":true}') return well(tried, 'the web app answers');
    const said = `${status} ${text.slice(0, 80)}`;
    if (status === 404) return wrong(tried, said, 'Traefik has no route to the web app: see the tags of its job.');
    if (status >= 502)
      return wrong(tried, said, 'Traefik knows the web app but cannot reach it: start `observatory web`.');
    return wrong(
      tried,
      said,
      'That is not the Observatory: correct OBSERVATORY_PUBLIC_URL or OBSERVATORY_TRAEFIK_URL.',
    );
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    return wrong(tried, error.message, 'Correct OBSERVATORY_TRAEFIK_URL: the manager probes instances there.');
  }
}

const overview = z.object({ providers: z.array(z.string()).nullish() });

async function readsCatalog(api: Inquiry, signal: AbortSignal): Promise<Finding> {
  const tried = `GET ${api.base}/api/overview`;
  try {
    const { status, text } = await api.ask('GET', '/api/overview', { signal });
    if (status !== 200) {
      return wrong(
        tried,
        `${status} ${text.slice(0, 80)}`,
        'That is not Traefik’s API: correct OBSERVATORY_TRAEFIK_API_URL.',
      );
    }
    const providers = overview.parse(JSON.parse(text)).providers ?? [];
    const answer = `providers ${providers.join(', ') || 'none'}`;
    if (providers.includes('ConsulCatalog')) return well(tried, answer);
    return wrong(
      tried,
      `${answer}: without ConsulCatalog no instance is ever routed`,
      'Turn on providers.consulCatalog in Traefik’s static configuration, as in traefik/static.yaml, and restart it.',
    );
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    return wrong(tried, error.message, 'Correct OBSERVATORY_TRAEFIK_API_URL, or leave it out.');
  }
}

/** The middlewares that the instances' tags name; the usual one where no job can be read. */
async function gates({ nomad, profiles }: Ground, signal: AbortSignal): Promise<string[]> {
  const parents = await Promise.allSettled(profiles.map(({ job }) => readParent(nomad, job, signal)));
  const named = parents.flatMap((one) => (one.status === 'fulfilled' && one.value ? (gateOf(one.value) ?? []) : []));
  return named.length === 0 ? [usualGate] : [...new Set(named)];
}

async function asksTheGate(ground: Ground, api: Inquiry, signal: AbortSignal): Promise<Finding> {
  const names = await gates(ground, signal);
  const findings = await Promise.all(names.map((name) => isGate(api, name, signal)));
  return findings.find(({ ok }) => ok === false) ?? findings[0] ?? notTried('the tags of no job name a middleware');
}

async function isGate(api: Inquiry, name: string, signal: AbortSignal): Promise<Finding> {
  const tried = `middleware ${name}`;
  const { status, text } = await api.ask('GET', `/api/http/middlewares/${encodeURIComponent(name)}`, { signal });
  const advice = 'Give Traefik the middleware of traefik/dynamic/gate.yaml (file provider).';
  if (status === 404) return wrong(tried, 'Traefik does not know it, so it routes to no instance', advice);
  if (status !== 200) return wrong(tried, `${status} ${text.slice(0, 80)}`, 'See Traefik’s log.');
  const { address, problems } = forwardAuth(text);
  return problems.length === 0 ? well(tried, `asks ${address}`) : wrong(tried, problems.join('; '), advice);
}
