import type { ParentJob } from '../platform/nomad/inspect.js';

/** What the manager sends with each dispatch. */
export const sentMeta = ['instance_id', 'token_hash', 'profile'] as const;
const GATE = 'observatory-gate@file';

const firstService = (job: ParentJob) => job.TaskGroups[0]?.Services?.[0];

/** The Consul service that the instances of this job register. */
export const serviceOf = (job: ParentJob): string | undefined => firstService(job)?.Name;

const middlewaresTag = /^traefik\.http\.routers\.[^=]*\.middlewares=(.*)$/i;

/** The middlewares that its tags put before each instance. */
export function middlewaresOf(job: ParentJob): string[] {
  return (firstService(job)?.Tags ?? []).flatMap((tag) => middlewaresTag.exec(tag)?.[1]?.split(',') ?? []);
}

/** The one that is taken for the gate: the middleware of that name, else the first. */
export function gateOf(job: ParentJob): string | undefined {
  const middlewares = middlewaresOf(job);
  return middlewares.find((name) => name.includes('gate')) ?? middlewares[0];
}

export const usualGate = GATE;

/** What keeps the manager from dispatching this job; each problem a sentence. */
export function dispatchProblems(job: ParentJob): string[] {
  const rules = job.ParameterizedJob;
  if (rules === null || rules === undefined) return ['it is not parameterized, so nothing can be dispatched'];
  const required = rules.MetaRequired ?? [];
  const allowed = [...required, ...(rules.MetaOptional ?? [])];
  const unknown = sentMeta.filter((key) => !allowed.includes(key));
  const unsent = required.filter((key) => !(sentMeta as readonly string[]).includes(key));
  return [
    ...(rules.Payload === 'required' ? ['it requires a payload, and the manager sends none'] : []),
    ...(unknown.length > 0 ? [`it does not take the meta ${unknown.join(', ')}, which the manager sends`] : []),
    ...(unsent.length > 0 ? [`it requires the meta ${unsent.join(', ')}, which the manager does not send`] : []),
  ];
}

/** What keeps Traefik from routing to its instances, and them from being guarded. */
export function routingProblems(job: ParentJob): string[] {
  const service = firstService(job);
  if (service === undefined) return ['it declares no service, so Consul and Traefik never hear of an instance'];
  if (service.Provider === 'nomad') return ['its service is registered in Nomad, not in Consul (provider = "consul")'];
  const tags = service.Tags ?? [];
  const hasRule = tags.some((tag) => /\.rule=.*\/proxy\/\$\{NOMAD_META_instance_id\}\/api\//.test(tag));
  return [
    ...(tags.includes('traefik.enable=true') ? [] : ['its tags lack traefik.enable=true']),
    ...(hasRule ? [] : ['its tags have no router rule with /proxy/${NOMAD_META_instance_id}/api/']),
    ...(middlewaresOf(job).length > 0
      ? []
      : [`its tags name no middleware (${GATE}): nobody asks the gate, and every instance is open to everyone`]),
  ];
}
