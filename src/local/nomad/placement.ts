import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AllocatedResources, Job, PlacementFailure, TaskGroup } from './types.js';

export const nodeAddress = '127.0.0.1';
const drivers = new Set(['raw_exec', 'exec']);
const firstPort = 20_000;
const lastPort = 32_000;

export function groupOf(job: Job): TaskGroup {
  const [group] = job.TaskGroups;
  if (!group) throw new Error(`${job.ID} has no group`);
  return group;
}

export const memoryOf = (group: TaskGroup): number =>
  group.Tasks.reduce((sum, task) => sum + task.Resources.MemoryMB, 0);

/** Why the one node cannot take a group, in the words of Nomad's scheduler; nothing when it can. */
export function placementFailure(group: TaskGroup, freeMemoryMB: number): PlacementFailure | undefined {
  const driverMissing = group.Tasks.some((task) => !drivers.has(task.Driver));
  const memory = memoryOf(group);
  if (!driverMissing && memory <= freeMemoryMB) return undefined;
  const exhausted = Object.fromEntries(
    group.Tasks.map(({ Name, Resources }) => [
      Name,
      {
        CPU: 0,
        Cores: 0,
        Devices: null,
        DiskMB: 0,
        IOPS: 0,
        MemoryMB: Resources.MemoryMB,
        MemoryMaxMB: 0,
        Networks: null,
      },
    ]),
  );
  return {
    AllocationTime: 0,
    ClassExhausted: null,
    ClassFiltered: null,
    CoalescedFailures: 0,
    ConstraintFiltered: driverMissing ? { 'missing drivers': 1 } : null,
    DimensionExhausted: driverMissing ? null : { memory: 1 },
    NodesAvailable: { dc1: 1 },
    NodesEvaluated: 1,
    NodesExhausted: driverMissing ? 0 : 1,
    NodesFiltered: driverMissing ? 1 : 0,
    NodesInPool: 1,
    QuotaExhausted: null,
    ResourcesExhausted: driverMissing ? null : exhausted,
    ScoreMetaData: null,
    Scores: null,
  };
}

/** Whether the system lets someone listen there now. */
async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, nodeAddress);
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

export async function pickPort(taken: Set<number>): Promise<number> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    const port = firstPort + Math.floor(Math.random() * (lastPort - firstPort));
    if (taken.has(port)) continue;
    // Taken before the question to the system, so that two placements at once cannot get the same.
    taken.add(port);
    if (await isFree(port)) return port;
    taken.delete(port);
  }
  throw new Error(`no free port between ${firstPort} and ${lastPort}`);
}

export function allocatedResources(group: TaskGroup, ports: number[]): AllocatedResources {
  const networks = structuredClone(group.Networks ?? []);
  const dynamic = networks.flatMap((network) => network.DynamicPorts ?? []);
  dynamic.forEach((port, position) => (port.Value = ports[position] ?? 0));
  networks.forEach((network) => (network.IP = nodeAddress));
  return {
    Shared: {
      DiskMB: group.EphemeralDisk.SizeMB,
      Networks: networks,
      Ports: dynamic.map(({ Label, Value, To }) => ({ Label, Value, To, HostIP: nodeAddress })),
    },
    TaskLifecycles: Object.fromEntries(group.Tasks.map(({ Name }) => [Name, null])),
    Tasks: Object.fromEntries(
      group.Tasks.map(({ Name, Resources: { CPU, MemoryMB, MemoryMaxMB } }) => [
        Name,
        {
          Cpu: { CpuShares: CPU, ReservedCores: null },
          Memory: { MemoryMB, MemoryMaxMB },
          Networks: null,
          Devices: null,
        },
      ]),
    ),
  };
}
