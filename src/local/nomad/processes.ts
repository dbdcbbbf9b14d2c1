import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

interface Process {
  pid: number;
  parent: number;
  group: number;
}

function processTable(): Process[] {
  const found: Process[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      // The command is in brackets and may hold anything; the fields after it are state, parent, group.
      const [, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      found.push({ pid: Number(name), parent: Number(parent), group: Number(group) });
    } catch {
      // It ended while we looked.
    }
  }
  return found;
}

export function worksIn(pid: number, folder: string): boolean {
  try {
    const cwd = readlinkSync(`/proc/${pid}/cwd`);
    return cwd === folder || cwd.startsWith(`${folder}/`);
  } catch {
    return false;
  }
}

/**
 * Every process of a task: its group, its descendants, and whatever works in its folder. A Jupyter kernel is in a
 * session of its own and outlives a killed server for a while, so the group alone is not enough.
 */
export function processesOf(leader: number, folder: string): number[] {
  const table = processTable();
  const pids = new Set(table.filter(({ pid, group }) => pid === leader || group === leader).map(({ pid }) => pid));
  for (let size = -1; size !== pids.size;) {
    size = pids.size;
    for (const { pid, parent } of table) if (pids.has(parent)) pids.add(pid);
  }
  for (const { pid } of table) if (worksIn(pid, folder)) pids.add(pid);
  pids.delete(process.pid);
  return [...pids];
}

export const childrenOf = (parent: number): number[] =>
  processTable()
    .filter((one) => one.parent === parent)
    .map(({ pid }) => pid);

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

export function killAll(pids: number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended already.
    }
  }
}
