import { createServer } from 'node:net';
import { once } from 'node:events';
import { unmetConstraint } from './constraints.js';
import { globs } from './glob.js';
import { datacenter, type Node } from './node.js';
import type { AllocatedResources, Evaluation, Job, PlacementFailure, Task, TaskGroup } from './types.js';

export const nodeAddress = '127.0.0.1';
const drivers = new Set(['raw_exec', 'exec']);
const firstPort = 20_000;
const lastPort = 32_000;

export function groupOf(job: Job): TaskGroup {
  const [group] = job.TaskGroups;
  if (!group) throw new Error(`${job.ID} has no group`);
  return group;
}

/** What a group takes, or a node has left. */
export interface Amounts {
  cpuMHz: number;
  memoryMB: number;
  diskMB: number;
}

export function needsOf(group: TaskGroup): Amounts {
  const sum = (of: (task: Task) => number) => group.Tasks.reduce((total, task) => total + of(task), 0);
  return {
    cpuMHz: sum(({ Resources }) => Resources.CPU),
    memoryMB: sum(({ Resources }) => Resources.MemoryMB),
    diskMB: group.EphemeralDisk.SizeMB,
  };
}

const noFailure = {
  AllocationTime: 0,
  ClassExhausted: null,
  ClassFiltered: null,
  CoalescedFailures: 0,
  ConstraintFiltered: null,
  DimensionExhausted: null,
  NodesAvailable: { [datacenter]: 1 },
  NodesEvaluated: 1,
  NodesExhausted: 0,
  NodesFiltered: 0,
  NodesInPool: 1,
  QuotaExhausted: null,
  ResourcesExhausted: null,
  ScoreMetaData: null,
  Scores: null,
};

/** Why the one node cannot take a job's group as often as its count says, in the words of Nomad's scheduler; nothing when it can. */
export function placementFailure(job: Job, free: Amounts, node: Node): PlacementFailure | undefined {
  const group = groupOf(job);
  const needs = needsOf(group);
  let left = free;
  for (let placed = 0; placed < group.Count; placed++) {
    const failure = oneMoreFailure(job, left, node);
    // The first is told in full, those after it are counted.
    if (failure) return { ...failure, CoalescedFailures: group.Count - placed - 1 };
    left = {
      cpuMHz: left.cpuMHz - needs.cpuMHz,
      memoryMB: left.memoryMB - needs.memoryMB,
      diskMB: left.diskMB - needs.diskMB,
    };
  }
  return undefined;
}

function oneMoreFailure(job: Job, free: Amounts, node: Node): PlacementFailure | undefined {
  const group = groupOf(job);
  if (!job.Datacenters.some((pattern) => globs(pattern, datacenter))) {
    return { ...noFailure, NodesAvailable: {}, NodesEvaluated: 0, NodesInPool: 0 };
  }
  const driverMissing = group.Tasks.some((task) => !drivers.has(task.Driver));
  const filtered = driverMissing ? 'missing drivers' : unmetConstraint(job, node);
  if (filtered !== undefined) return { ...noFailure, ConstraintFiltered: { [filtered]: 1 }, NodesFiltered: 1 };
  const needs = needsOf(group);
  // In Nomad's order, and the first alone is named.
  const exhausted = (['cpu', 'memory', 'disk'] as const).find((name) => {
    const field = ({ cpu: 'cpuMHz', memory: 'memoryMB', disk: 'diskMB' } as const)[name];
    return needs[field] > free[field];
  });
  if (exhausted === undefined) return undefined;
  const asked = ({ Resources: { CPU, MemoryMB } }: Task) => ({
    CPU: exhausted === 'cpu' ? CPU : 0,
    Cores: 0,
    Devices: null,
    DiskMB: 0,
    IOPS: 0,
    MemoryMB: exhausted === 'memory' ? MemoryMB : 0,
    MemoryMaxMB: 0,
    Networks: null,
  });
  return {
    ...noFailure,
    DimensionExhausted: { [exhausted]: 1 },
    NodesExhausted: 1,
    ResourcesExhausted: Object.fromEntries(group.Tasks.map((task) => [task.Name, asked(task)])),
  };
}

/** Of a node that is full more may be hoped for; one that does not qualify is not asked again. */
export function classEligibility(failure: PlacementFailure): Pick<Evaluation, 'ClassEligibility'> {
  return failure.NodesEvaluated === 0 ? {} : { ClassEligibility: { 'v1:0': failure.NodesExhausted === 1 } };
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
