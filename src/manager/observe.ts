import type { Settings } from '../platform/settings.js';
import { blockedReason, ending } from './explain.js';
import type { Allocation, Child, NomadView, Observed, Part } from './observed.js';
import type { Cluster, Ports } from './ports.js';

export interface Standing {
  readonly term: number;
  /** The Consul service of the instances as the registered job names it; undefined until this leader registered it. */
  readonly service: string | undefined;
}

const instanceTag = /^traefik\.http\.routers\.i-([0-9a-f]{12})\./;

/**
 * Reads Nomad before Postgres: a row is written before its dispatch, so every child that Nomad shows has a row by the time
 * that the rows are read, and one without is an orphan. Without Postgres there is no observation.
 */
export async function observe(ports: Ports, settings: Settings, { term, service }: Standing): Promise<Observed> {
  const [nomad, passing, queue] = await Promise.all([
    part(readNomad(ports.cluster, settings.OBSERVATORY_INSTANCE_JOB)),
    part(
      service === undefined ? Promise.reject(new Error('the job is not registered yet')) : readPassing(ports, service),
    ),
    part(ports.queue.read()),
  ]);
  return { term, jobRegistered: service !== undefined, store: await ports.store.view(), nomad, passing, queue };
}

async function part<T>(reading: Promise<T>): Promise<Part<T>> {
  try {
    return { complete: true, value: await reading };
  } catch (error) {
    return { complete: false, why: (error as Error).message };
  }
}

/** Allocations after children: a child that is stopped gets no allocation any more, so none is missed. */
async function readNomad(cluster: Cluster, parentId: string): Promise<NomadView> {
  const [parent, stubs] = await Promise.all([cluster.job(parentId), cluster.children(parentId)]);
  const [allocations, evaluations] = await Promise.all([
    cluster.allocationsOf(parentId),
    cluster.blockedEvaluations(parentId),
  ]);
  const byChild = new Map<string, Allocation[]>();
  for (const stub of allocations) {
    const ofChild = byChild.get(stub.JobID) ?? [];
    byChild.set(stub.JobID, [...ofChild, { status: stub.ClientStatus, node: stub.NodeName, ending: ending(stub) }]);
  }
  const blocked = new Map(evaluations.map((evaluation) => [evaluation.JobID, blockedReason(evaluation)]));
  const children = stubs.map((stub): Child => ({
    jobId: stub.ID,
    instanceId: stub.Meta?.instance_id ?? null,
    dead: stub.Status === 'dead',
    stopped: stub.Stop,
    submittedAt: new Date(stub.SubmitTime / 1e6),
    createIndex: stub.CreateIndex,
    allocations: byChild.get(stub.ID) ?? [],
    blocked: blocked.get(stub.ID) ?? null,
  }));
  return { parent: parent === undefined || parent.Stop ? null : { version: parent.Version }, children };
}

async function readPassing({ catalog }: Ports, service: string): Promise<ReadonlySet<string>> {
  const entries = await catalog.passingTags(service);
  return new Set(entries.flatMap((tags) => tags.flatMap((tag) => instanceTag.exec(tag)?.[1] ?? [])));
}
