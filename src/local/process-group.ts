import { readdirSync, readFileSync } from 'node:fs';

/** False when there is nobody to signal any more. */
export function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
}

/** Whether any process of the group still runs. One that has ended but was not yet reaped (by a lazy init) does not. */
export function groupLives(group: number): boolean {
  return (
    signalGroup(group, 0) && (process.platform !== 'linux' || readdirSync('/proc').some((pid) => runsIn(pid, group)))
  );
}

function runsIn(pid: string, group: number): boolean {
  if (!/^\d+$/.test(pid)) return false;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command is in brackets and may hold anything; the fields after it are state, parent, group.
    const [state, , itsGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(itsGroup) === group && state !== 'Z' && state !== 'X';
  } catch {
    return false; // it ended while we looked
  }
}
