import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Cleanup } from './cleanup.js';

export interface User {
  uid: number;
  gid: number;
}

/** Whom to run as a program that refuses to run as root: nobody else when we are not root. */
export function unprivilegedUser(names = ['postgres', 'nobody']): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of names) {
    const [uid, gid] = ['-u', '-g'].map((option) =>
      Number(spawnSync('id', [option, name], { encoding: 'utf8' }).stdout),
    );
    if (uid !== undefined && gid !== undefined && uid > 0) return { uid, gid };
  }
  throw new Error(`this runs as root, and there is none of the users ${names.join(', ')} to run PostgreSQL as`);
}

/** Whether the user gets through every folder above, and may do it: a test of the file alone would not tell. */
export function mayAccess(user: User | undefined, test: '-x' | '-w', file: string): boolean {
  return user === undefined || spawnSync('test', [test, file], { ...user, cwd: '/' }).status === 0;
}

/** A folder that the user owns: the wanted one, or one under the system's temporary folder if the user cannot get there. */
export function folderFor(user: User | undefined, wanted: string, cleanup: Cleanup): string {
  mkdirSync(wanted, { recursive: true, mode: 0o700 });
  if (user === undefined) return wanted;
  chownSync(wanted, user.uid, user.gid);
  return mayAccess(user, '-w', wanted) ? wanted : temporaryFolderFor(user, cleanup);
}

function temporaryFolderFor(user: User, cleanup: Cleanup): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'observatory-'));
  chownSync(folder, user.uid, user.gid);
  const stop = () => {
    rmSync(folder, { recursive: true, force: true });
    return Promise.resolve();
  };
  cleanup.add({ name: folder, folder, stop });
  return folder;
}

/** The program's folder tree as the user can reach it: itself, or a copy that goes with the run. */
export function treeFor(user: User | undefined, tree: string, program: string, cleanup: Cleanup): string {
  if (user === undefined || mayAccess(user, '-x', path.join(tree, program))) return tree;
  const folder = temporaryFolderFor(user, cleanup);
  execFileSync('cp', ['-R', `${tree}/.`, folder]);
  chmodSync(folder, 0o755);
  return folder;
}
