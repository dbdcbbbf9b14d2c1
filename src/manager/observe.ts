import type { AllocationStub, Evaluation, JobStub } from '../platform/nomad/schemas.js';
import type { Profile } from '../platform/profiles.js';
import { blockedReason, ending } from './explain.js';
import type { Allocation, Child, InstanceRow, NomadView, Observed, Parent, Part, StoreView } from './plan/observed.js';
import { Parents } from './parents.js';
import type { Ports } from './ports.js';

const instanceTag = /^traefik\.http\.routers\.i-([0-9a-f]{12})\./;

/** Reads all that a pass decides on. */
export class Observer {
  private readonly parents: Parents;

  constructor(private readonly ports: Ports) {
    this.parents = new Parents(ports.cluster);
  }

  /**
   * Reads Nomad before Postgres: a row is written before its dispatch, so every child that Nomad shows has a row by the time
   * that the rows are read, and one without is an orphan. Without Postgres there is no observation.
   */
  async observe(pools: readonly Profile[], term: number, registered: ReadonlySet<string>): Promise<Observed> {
    const { queue, store } = this.ports;
    const [live, seen] = await Promise.all([part(this.readLive(pools)), part(queue.read())]);
    const [passing, view] = await Promise.all([part(this.readPassing(pools)), store.view()]);
    const nomad = live.complete ? await part(this.withEnded(live.value, view)) : live;
    return { term, registered, store: view, nomad, passing, queue: seen };
  }

  /** Allocations after jobs: a child that is stopped gets no allocation any more, so none is missed. */
  private async readLive(pools: readonly Profile[]): Promise<Live> {
    const { cluster } = this.ports;
    const ids = pools.map(({ job }) => job);
    const jobs = await cluster.liveJobs(ids);
    const [parents, allocations, evaluations] = await Promise.all([
      this.parents.among(jobs, pools),
      cluster.liveAllocations(ids),
      cluster.blockedEvaluations(ids),
    ]);
    return { parents, jobs: jobs.filter(({ ID }) => !ids.includes(ID)), allocations, evaluations };
  }

  /** The lists leave out what is over, whose number only grows; what became of a row's own job is asked for by its id. */
  private async withEnded({ parents, jobs, allocations, evaluations }: Live, view: StoreView): Promise<NomadView> {
    const { cluster } = this.ports;
    const live = new Set(jobs.map(({ ID }) => ID));
    const over = jobIdsOf(view.rows).filter((id) => !live.has(id));
    const ended = over.length === 0 ? [] : await cluster.jobsById(over);
    const theirs = over.length === 0 ? [] : await cluster.allocationsOf(over);
    // A stopped job is over at once, but its allocation may still be among the living.
    const others = allocations.filter(({ JobID }) => live.has(JobID));
    const { byJob, blocked } = indexed([...others, ...theirs], evaluations);
    return { parents, children: [...jobs, ...ended].map((stub) => childOf(stub, byJob, blocked)) };
  }

  private async readPassing(pools: readonly Profile[]): Promise<ReadonlySet<string>> {
    const services = this.parents.services(pools);
    const entries = await Promise.all(services.map((service) => this.ports.catalog.passingTags(service)));
    return new Set(entries.flat(2).flatMap((tag) => instanceTag.exec(tag)?.[1] ?? []));
  }
}

interface Live {
  readonly parents: ReadonlyMap<string, Parent>;
  readonly jobs: readonly JobStub[];
  readonly allocations: readonly AllocationStub[];
  readonly evaluations: readonly Evaluation[];
}

async function part<T>(reading: Promise<T>): Promise<Part<T>> {
  try {
    return { complete: true, value: await reading };
  } catch (error) {
    return { complete: false, why: (error as Error).message };
  }
}

const jobIdsOf = (rows: readonly InstanceRow[]): string[] => rows.flatMap(({ jobId }) => jobId ?? []);

function indexed(allocations: readonly AllocationStub[], evaluations: readonly Evaluation[]) {
  const byJob = new Map<string, Allocation[]>();
  for (const stub of allocations) {
    const allocation = { status: stub.ClientStatus, node: stub.NodeName, ending: ending(stub) };
    const ofJob = byJob.get(stub.JobID);
    if (ofJob === undefined) byJob.set(stub.JobID, [allocation]);
    else ofJob.push(allocation);
  }
  return { byJob, blocked: new Map(evaluations.map((evaluation) => [evaluation.JobID, blockedReason(evaluation)])) };
}

function childOf(
  stub: JobStub,
  allocations: ReadonlyMap<string, readonly Allocation[]>,
  blocked: ReadonlyMap<string, string>,
): Child {
  return {
    jobId: stub.ID,
    instanceId: stub.Meta?.instance_id ?? null,
    dead: stub.Status === 'dead',
    stopped: stub.Stop,
    submittedAt: new Date(stub.SubmitTime / 1e6),
    createIndex: stub.CreateIndex,
    allocations: allocations.get(stub.ID) ?? [],
    blocked: blocked.get(stub.ID) ?? null,
  };
}
