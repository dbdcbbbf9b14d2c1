import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type Inquiry, NoAnswer } from '../../platform/inquiry.js';
import { readParent } from '../../platform/nomad/inspect.js';
import { type Finding, well, wrong } from '../check.js';
import type { Ground } from '../ground.js';
import { serviceOf } from '../parent.js';
import { type Canary, hasTime, isDead } from './canary-nomad.js';

const entries = z.array(
  z.object({
    Service: z.object({ Tags: z.array(z.string()).nullish(), Address: z.string(), Port: z.number() }),
    Checks: z.array(z.object({ Status: z.string(), Output: z.string() })),
  }),
);
type Entry = z.infer<typeof entries>[number];

export async function inConsul(ground: Ground, canary: Canary, signal: AbortSignal): Promise<Finding> {
  const { nomad, consul } = ground;
  const { id, profile } = canary;
  const parent = await readParent(nomad, profile.job, signal);
  const service = (parent && serviceOf(parent)) ?? profile.job;
  const tried = `GET /v1/health/service/${service}`;
  let latest: Entry | undefined;
  while (hasTime(canary, signal)) {
    latest = (await entryOf(consul, service, id, signal)) ?? latest;
    if (latest?.Checks.every(({ Status }) => Status === 'passing'))
      return well(tried, `${latest.Service.Address}:${latest.Service.Port} passes its check`);
    const dead = await isDead(ground, canary, signal);
    if (dead !== undefined) return dead;
    await sleep(200);
  }
  if (latest === undefined) {
    return wrong(
      tried,
      `no entry of instance ${id}, although Nomad runs it`,
      'Nomad’s clients must register in this Consul: see the consul block of their configuration, and its token.',
    );
  }
  const output = latest.Checks.find(({ Status }) => Status !== 'passing')?.Output.trim() ?? '';
  return wrong(
    tried,
    `registered at ${latest.Service.Address}:${latest.Service.Port}, but its check does not pass: ${output === '' ? 'no output' : output}`,
    'The Consul agent of that node must reach the instance’s port, and the instance must start within seconds.',
  );
}

/** Undefined, too, for as long as Consul does not answer: the next look may succeed. */
async function entryOf(consul: Inquiry, service: string, id: string, signal: AbortSignal): Promise<Entry | undefined> {
  try {
    const { status, text } = await consul.ask('GET', `/v1/health/service/${service}`, { signal });
    const found = status === 200 ? entries.parse(JSON.parse(text)) : [];
    return found.find(({ Service }) => (Service.Tags ?? []).some((tag) => tag.includes(`/proxy/${id}/`)));
  } catch (error) {
    if (error instanceof NoAnswer) return undefined;
    throw error;
  }
}
