import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Answer, Call } from './http.js';
import { processesOf } from './processes.js';
import type { Surroundings } from './reads.js';
import { nanoseconds, NomadError } from './types.js';

const pageBytes = 4096;
const cpu = {
  Measured: [],
  Percent: 0,
  SystemMode: 0,
  ThrottledPeriods: 0,
  ThrottledTime: 0,
  TotalTicks: 0,
  UserMode: 0,
};

/** What an allocation uses: its memory, which is all that is measured. */
export function allocationStats({ store, root }: Surroundings, { params: [id = ''] }: Call): Answer {
  const allocation = store.allocations.get(id);
  if (!allocation) throw new NomadError(404, `Unknown allocation "${id}"`);
  const tasks = Object.keys(allocation.TaskStates ?? {}).map((name) => {
    const pids = processesOf(allocation.Pid ?? -1, path.join(root, id, name));
    const resident = pids.map((pid) => [String(pid), usage(residentBytes(pid))] as const);
    const all = usage(pids.reduce((sum, pid) => sum + residentBytes(pid), 0));
    return [name, { Pids: Object.fromEntries(resident), ResourceUsage: all, Timestamp: nanoseconds() }] as const;
  });
  const total = tasks.reduce((sum, [, task]) => sum + task.ResourceUsage.MemoryStats.RSS, 0);
  return { body: { ResourceUsage: usage(total), Tasks: Object.fromEntries(tasks), Timestamp: nanoseconds() } };
}

const usage = (bytes: number) => ({
  CpuStats: cpu,
  DeviceStats: [],
  MemoryStats: {
    Cache: 0,
    KernelMaxUsage: 0,
    KernelUsage: 0,
    MappedFile: 0,
    MaxUsage: 0,
    Measured: ['RSS'],
    RSS: bytes,
    Swap: 0,
    Usage: 0,
  },
});

function residentBytes(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * pageBytes;
  } catch {
    return 0; // It ended while we looked.
  }
}
