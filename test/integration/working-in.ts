import { readdirSync, readlinkSync } from 'node:fs';

/** The processes whose working folder this is: an instance's server, its kernel and what that started. */
export function workingIn(folder: string): number[] {
  return readdirSync('/proc')
    .filter((pid) => {
      try {
        return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`) === folder;
      } catch {
        return false; // it ended meanwhile, or is not ours
      }
    })
    .map(Number);
}
