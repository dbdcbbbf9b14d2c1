import { createHash } from 'node:crypto';
import { cp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { findOnPath, firstThatWorks, run } from './binaries.js';
import type { Cache } from './cache.js';

export interface PythonEnvironment {
  /** The interpreter that has the requirements. */
  python: string;
  /** Whether it was built just now. */
  fresh: boolean;
}

/** A Python of our own with pinned packages: one for each list of requirements and each Python, built once. */
export async function pythonEnvironment(cache: Cache, name: string, requirements: string): Promise<PythonEnvironment> {
  const base = findOnPath(['python3']);
  if (base === undefined) throw new Error('there is no python3 on the PATH');
  const identity = await run(base, ['-c', 'import sys; print(sys.version, sys.base_prefix)']);
  const key = createHash('sha256')
    .update(await readFile(requirements))
    .update(identity)
    .digest('hex')
    .slice(0, 12);
  const { dir, fresh } = await cache.install(name, key, async (into) => {
    await createVenv(base, into);
    await cp(requirements, path.join(into, 'requirements.txt'));
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-warn-script-location'];
    await run(path.join(into, 'bin/python'), [...pip, '--requirement', requirements]);
  });
  return { python: path.join(dir, 'bin/python'), fresh };
}

/** Debian keeps venv's pip in a package that is often missing; any pip can bring virtualenv, which carries its own. */
function createVenv(base: string, into: string): Promise<void> {
  return firstThatWorks<void>(
    'Python environment',
    {
      venv: async () => {
        await run(base, ['-m', 'venv', '--clear', into]);
      },
      virtualenv: async () => {
        const tool = path.join(into, 'virtualenv');
        await run(base, [
          '-m',
          'pip',
          'install',
          '--quiet',
          '--disable-pip-version-check',
          '--target',
          tool,
          'virtualenv',
        ]);
        await run(base, ['-m', 'virtualenv', '--quiet', into], { env: { ...process.env, PYTHONPATH: tool } });
        await rm(tool, { recursive: true });
      },
    },
    'install python3-venv or pip',
  );
}
