import type { JobStub } from '../platform/nomad/schemas.js';
import type { Profile } from '../platform/profiles.js';
import type { Parent } from './plan/observed.js';
import type { Cluster } from './ports.js';

/** The parent jobs, read whole only when they changed: a list tells neither version nor service. */
export class Parents {
  private readonly known = new Map<string, Parent & { readonly modifyIndex: number }>();

  constructor(private readonly cluster: Pick<Cluster, 'job'>) {}

  /** Those parents by profile that are among the live jobs. */
  async among(jobs: readonly JobStub[], pools: readonly Profile[]): Promise<ReadonlyMap<string, Parent>> {
    const parents = new Map<string, Parent>();
    for (const { name, job } of pools) {
      const stub = jobs.find(({ ID }) => ID === job);
      if (stub === undefined || stub.Stop) continue;
      const parent = await this.read(job, stub.JobModifyIndex);
      if (parent !== undefined) parents.set(name, parent);
    }
    return parents;
  }

  /** The Consul services of these pools as last seen, so also while Nomad is away; without those whose job was never seen. */
  services(pools: readonly Profile[]): readonly string[] {
    return [...new Set(pools.flatMap(({ job }) => this.known.get(job)?.service ?? []))];
  }

  private async read(id: string, modifyIndex: number): Promise<Parent | undefined> {
    const known = this.known.get(id);
    if (known?.modifyIndex === modifyIndex) return known;
    const job = await this.cluster.job(id);
    if (job === undefined) return undefined;
    const service = job.TaskGroups[0]?.Services?.[0]?.Name ?? null;
    const parent = { version: job.Version, service, modifyIndex: job.JobModifyIndex };
    this.known.set(id, parent);
    return parent;
  }
}
