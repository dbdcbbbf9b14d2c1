import { statfsSync } from 'node:fs';
import { arch, cpus, hostname, totalmem } from 'node:os';
import type { Store } from './store.js';

/** The one node: this machine, as far as placement and clients look at it. */
export interface Node {
  id: string;
  name: string;
  address: () => string;
  memoryMB: number;
  cpuMHz: number;
  diskMB: number;
  attributes: Record<string, string>;
  since: Date;
}

export const version = '1.6.3';
export const datacenter = 'dc1';
const drivers = ['exec', 'raw_exec'];
const architectures: Record<string, string> = { x64: 'amd64' };

export interface NodeLimits {
  /** What may be placed in all; by default what the machine has. */
  memoryMB?: number | undefined;
  cpuMHz?: number | undefined;
  diskMB?: number | undefined;
}

export function thisMachine(id: string, folder: string, limits: NodeLimits, address: () => string): Node {
  const cores = cpus();
  // Some machines do not tell their speed.
  const cpuMHz = limits.cpuMHz ?? cores.reduce((sum, { speed }) => sum + (speed || 2000), 0);
  const disk = statfsSync(folder);
  const memoryMB = limits.memoryMB ?? Math.floor(totalmem() / 1024 ** 2);
  return {
    id,
    name: hostname(),
    address,
    since: new Date(),
    memoryMB,
    cpuMHz,
    diskMB: limits.diskMB ?? Math.floor((disk.bavail * disk.bsize) / 1024 ** 2),
    attributes: {
      'kernel.name': 'linux',
      'cpu.arch': architectures[arch()] ?? arch(),
      'cpu.numcores': String(cores.length),
      'cpu.totalcompute': String(cpuMHz),
      'memory.totalbytes': String(memoryMB * 1024 ** 2),
      'nomad.version': version,
      'consul.version': '1.8.7',
      'consul.datacenter': datacenter,
      'unique.hostname': hostname(),
      'unique.network.ip-address': '127.0.0.1',
      ...Object.fromEntries(drivers.map((driver) => [`driver.${driver}`, '1'])),
    },
  };
}

function driverInfo(since: Date) {
  return Object.fromEntries(
    drivers.map((name) => [
      name,
      {
        Attributes: { [`driver.${name}`]: 'true' },
        Detected: true,
        HealthDescription: 'Healthy',
        Healthy: true,
        UpdateTime: since,
      },
    ]),
  );
}

export function nodeObject(node: Node, store: Store): Record<string, unknown> {
  const resources = { CPU: node.cpuMHz, Cores: 0, Devices: null, DiskMB: node.diskMB, IOPS: 0 };
  const memory = { MemoryMB: node.memoryMB, MemoryMaxMB: 0 };
  return {
    Attributes: node.attributes,
    CSIControllerPlugins: {},
    CSINodePlugins: {},
    ComputedClass: 'v1:0',
    CreateIndex: 1,
    Datacenter: datacenter,
    DrainStrategy: null,
    Drivers: driverInfo(node.since),
    Events: [
      { CreateIndex: 0, Details: null, Message: 'Node registered', Subsystem: 'Cluster', Timestamp: node.since },
    ],
    HTTPAddr: node.address(),
    HostNetworks: null,
    HostVolumes: null,
    ID: node.id,
    LastAllocUpdateIndex: store.tables.nodes,
    LastDrain: null,
    LastMissedHeartbeatIndex: 0,
    Links: {},
    Meta: {},
    ModifyIndex: 1,
    Name: node.name,
    NodeClass: '',
    NodePool: 'default',
    ...nodeResources(node),
    Reserved: { CPU: 0, Cores: 0, Devices: null, DiskMB: 0, IOPS: 0, MemoryMB: 0, MemoryMaxMB: 0, Networks: null },
    Resources: { ...resources, ...memory, Networks: null },
    SchedulingEligibility: 'eligible',
    SecretID: '',
    Status: 'ready',
    StatusDescription: '',
    StatusUpdatedAt: Math.floor(node.since.getTime() / 1000),
    TLSEnabled: false,
  };
}

function nodeResources(node: Node) {
  return {
    NodeResources: {
      Cpu: { CpuShares: node.cpuMHz, ReservableCpuCores: null, TotalCpuCores: cpus().length },
      Devices: null,
      Disk: { DiskMB: node.diskMB },
      MaxDynamicPort: 32_000,
      Memory: { MemoryMB: node.memoryMB },
      MinDynamicPort: 20_000,
      Networks: null,
      NodeNetworks: null,
    },
    ReservedResources: {
      Cpu: { CpuShares: 0, ReservedCpuCores: null },
      Disk: { DiskMB: 0 },
      Memory: { MemoryMB: 0 },
      Networks: { ReservedHostPorts: '' },
    },
  };
}

export function nodeRow(node: Node, store: Store, withResources: boolean): object {
  const whole = nodeObject(node, store);
  return {
    Address: '127.0.0.1',
    CreateIndex: whole.CreateIndex,
    Datacenter: datacenter,
    Drain: false,
    Drivers: whole.Drivers,
    HostVolumes: null,
    ID: node.id,
    LastDrain: null,
    ModifyIndex: whole.ModifyIndex,
    Name: node.name,
    NodeClass: '',
    NodePool: 'default',
    ...(withResources ? nodeResources(node) : {}),
    SchedulingEligibility: 'eligible',
    Status: 'ready',
    StatusDescription: '',
    Version: version,
  };
}
