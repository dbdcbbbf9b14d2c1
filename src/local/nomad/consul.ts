import { interpolate } from './interpolate.js';
import type { Allocation, Check, Service } from './types.js';

/** Not Nomad's own "_nomad-task-": a Nomad client on the same Consul agent deletes entries of that name that it does not know. */
const idPrefix = '_observatory-standin-task-';

const goDuration = (nanoseconds: number): string => `${nanoseconds / 1e6}ms`;

/** Services of the allocations, in the real Consul. */
export class ConsulRegistry {
  constructor(private readonly address: string) {}

  /** Critical until its first check passes, because Consul starts every check so. */
  async register(allocation: Allocation, variables: Record<string, string>): Promise<void> {
    for (const [service, port] of consulServices(allocation)) {
      await this.put('/v1/agent/service/register', {
        ID: serviceId(allocation, service),
        Name: interpolate(service.Name, variables),
        Tags: (service.Tags ?? []).map((tag) => interpolate(tag, variables)),
        Meta: { 'external-source': 'nomad' },
        Address: port.HostIP,
        Port: port.Value,
        Checks: (service.Checks ?? []).map((check) => consulCheck(check, variables, `${port.HostIP}:${port.Value}`)),
      });
    }
  }

  async deregister(allocation: Allocation): Promise<void> {
    for (const [service] of consulServices(allocation)) {
      await this.put(`/v1/agent/service/deregister/${encodeURIComponent(serviceId(allocation, service))}`, {});
    }
  }

  /** Removes what an earlier stand-in left behind when it was killed, known by its allocation ids. */
  async removeLeftovers(allocationIds: string[]): Promise<void> {
    const response = await fetch(new URL('/v1/agent/services', this.address));
    const services = Object.keys((await response.json()) as object);
    for (const id of services) {
      if (!allocationIds.some((allocation) => id.startsWith(idPrefix + allocation))) continue;
      await this.put(`/v1/agent/service/deregister/${encodeURIComponent(id)}`, {});
    }
  }

  private async put(path: string, body: object): Promise<void> {
    const response = await fetch(new URL(path, this.address), {
      method: 'PUT',
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(5000),
    });
    const answer = await response.text();
    // An entry that is gone already is what a deregistration asks for.
    if (!response.ok && !/unknown service/i.test(answer)) {
      throw new Error(`Consul answered ${response.status} to ${path}: ${answer}`);
    }
  }
}

function serviceId(allocation: Allocation, service: Service): string {
  return `${idPrefix}${allocation.ID}-group-${allocation.TaskGroup}-${service.Name}-${service.PortLabel}`;
}

function consulServices(allocation: Allocation) {
  const group = allocation.Job.TaskGroups.find(({ Name }) => Name === allocation.TaskGroup);
  const { Ports } = allocation.AllocatedResources.Shared;
  return (group?.Services ?? []).flatMap((service) => {
    const port = Ports.find(({ Label }) => Label === service.PortLabel);
    return port ? [[service, port] as const] : [];
  });
}

function consulCheck(check: Check, variables: Record<string, string>, address: string): object {
  const timing = { Interval: goDuration(check.Interval), Timeout: goDuration(check.Timeout) };
  const common = { Name: check.Name, Status: check.InitialStatus === '' ? undefined : check.InitialStatus, ...timing };
  if (check.Type === 'tcp') return { ...common, TCP: address };
  const url = `http://${address}${interpolate(check.Path, variables)}`;
  return { ...common, HTTP: url, Method: check.Method === '' ? undefined : check.Method };
}
