import type { FaultStack } from './fault-stack.js';

/** What an operator does by hand in Nomad, past the managers and past their proxy. */
export class NomadApi {
  constructor(private readonly stack: FaultStack) {}

  async dispatch(instanceId: string): Promise<void> {
    const Meta = { instance_id: instanceId, token_hash: '0'.repeat(64) };
    await this.call('POST', `${this.parent}/dispatch`, { Meta });
  }

  async stopParent(): Promise<void> {
    await this.call('DELETE', this.parent);
  }

  async purgeParent(): Promise<void> {
    await this.call('DELETE', `${this.parent}?purge=true`);
  }

  /** Registers the parent as it is, but with more CPU for each instance: a new version. */
  async changeParent(): Promise<void> {
    const job = (await this.call('GET', this.parent)) as ParentJob;
    for (const { Tasks } of job.TaskGroups) for (const { Resources } of Tasks) Resources.CPU += 1;
    await this.call('PUT', '/v1/jobs', { Job: job });
  }

  /** So many writes that the event stream's buffer of 100 holds nothing older. */
  async writeMuch(): Promise<void> {
    const parent = (await this.call('GET', this.parent)) as ParentJob;
    for (let write = 0; write < 110; write += 1) {
      const other = { ...parent, ID: `${parent.ID}-other`, Meta: { write: String(write) } };
      await this.call('PUT', '/v1/jobs', { Job: other });
    }
    await this.call('DELETE', `/v1/job/${parent.ID}-other?purge=true`);
  }

  private get parent(): string {
    return `/v1/job/${this.stack.parts.job}`;
  }

  private async call(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.stack.parts.nomad.address}${path}`, {
      method,
      signal: AbortSignal.timeout(10_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  }
}

interface ParentJob {
  readonly ID: string;
  readonly TaskGroups: readonly { readonly Tasks: readonly { readonly Resources: { CPU: number } }[] }[];
}
