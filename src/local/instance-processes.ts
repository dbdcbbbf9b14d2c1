import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface InstanceProcess {
  readonly instance: string;
  readonly pid: number;
}

/** Known by their environment: an instance's id and a home below the folder of this run. */
export function instanceProcesses(runDir: string): InstanceProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const environment = environmentOf(name);
      const instance = environment.find((line) => line.startsWith('INSTANCE_ID='))?.slice('INSTANCE_ID='.length);
      const ours = environment.some((line) => line.startsWith(`HOME=${runDir}${path.sep}`));
      return instance !== undefined && ours ? [{ instance, pid: Number(name) }] : [];
    });
}

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return []; // it ended while we looked
  }
}
