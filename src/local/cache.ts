import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from '../platform/root.js';

export type Progress = (line: string) => void;

export interface Installed {
  dir: string;
  /** Whether this call built it, rather than an earlier one. */
  fresh: boolean;
}

/** What was downloaded or built once and is used by every run: a folder `<name>-<version>` each, complete or absent. */
export class Cache {
  constructor(
    readonly root: string = path.join(packageRoot, '.cache'),
    readonly progress: Progress = () => undefined,
  ) {}

  /** Builds in a folder beside the final one and renames it: a reader never sees half of it, a failure leaves nothing. */
  async install(name: string, version: string, build: (dir: string) => Promise<void>): Promise<Installed> {
    const dir = path.join(this.root, `${name}-${version}`);
    if (existsSync(dir)) return { dir, fresh: false };
    await mkdir(this.root, { recursive: true });
    return withLock(`${dir}.lock`, async () => {
      if (existsSync(dir)) return { dir, fresh: false };
      this.progress(`${name} ${version}: getting it, once for this clone`);
      const partial = path.join(this.root, `.${name}-${randomUUID()}`);
      await mkdir(partial);
      try {
        await build(partial);
        await rename(partial, dir).catch((error: unknown) => {
          if (!existsSync(dir)) throw error;
        });
      } finally {
        await rm(partial, { recursive: true, force: true });
      }
      return { dir, fresh: true };
    });
  }
}

async function withLock<T>(lock: string, work: () => Promise<T>): Promise<T> {
  while (!(await tryLock(lock))) {
    await removeIfStale(lock);
    await sleep(100);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

/** A link appears with its content, so that a lock always tells its owner. */
async function tryLock(lock: string): Promise<boolean> {
  const owner = `${lock}.${randomUUID()}`;
  await writeFile(owner, String(process.pid));
  try {
    await link(owner, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(owner);
  }
}

/**
 * A lock whose owner died is taken away. Two that wait may both do so and one of them remove the other's new lock: then both
 * build and the second throws its folder away, which costs a download but breaks nothing.
 */
async function removeIfStale(lock: string): Promise<void> {
  const owner = Number(await readFile(lock, 'utf8').catch(() => ''));
  if (owner === 0) return; // given back meanwhile
  try {
    process.kill(owner, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') await rm(lock, { force: true });
  }
}
