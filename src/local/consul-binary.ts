import { createHash } from 'node:crypto';
import { chmod, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { downloadFromApt } from './apt.js';
import { debianSource } from './apt-sources.js';
import { findOnPath, firstThatWorks, run, type Binary } from './binaries.js';
import type { Cache } from './cache.js';

/** The last Debian release that has Consul in its main archive. */
const DEBIAN_RELEASE = 'bullseye';
const RELEASE = '1.20.2';
const RELEASES = `https://releases.hashicorp.com/consul/${RELEASE}`;

export async function findConsul(cache: Cache): Promise<Binary> {
  const onPath = findOnPath(['consul']);
  if (onPath !== undefined) return { path: onPath, source: 'path', fresh: false };
  return firstThatWorks<Binary>(
    'Consul',
    { 'Debian package': () => fromDebian(cache), 'official release': () => fromRelease(cache) },
    'put consul on the PATH or give CONSUL_HTTP_ADDR',
  );
}

async function fromDebian(cache: Cache): Promise<Binary> {
  const { dir, fresh } = await cache.install('consul', `debian-${DEBIAN_RELEASE}`, (into) => {
    const { uri } = debianSource();
    // The source's own keyring may hold the keys of its own release only; Debian's package of keyrings has all.
    const source = { uri, suite: DEBIAN_RELEASE, signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg' };
    return downloadFromApt(into, { packages: ['consul'], source });
  });
  return { path: path.join(dir, 'usr/bin/consul'), source: 'cache', fresh };
}

async function fromRelease(cache: Cache): Promise<Binary> {
  const { dir, fresh } = await cache.install('consul', RELEASE, async (into) => {
    const architecture = os.arch() === 'x64' ? 'amd64' : os.arch();
    const archive = `consul_${RELEASE}_${os.platform()}_${architecture}.zip`;
    const sums = (await download(`consul_${RELEASE}_SHA256SUMS`, 10_000)).toString();
    const expected = sums
      .split('\n')
      .find((line) => line.endsWith(`  ${archive}`))
      ?.split(' ')[0];
    const content = await download(archive, 300_000);
    const actual = createHash('sha256').update(content).digest('hex');
    if (actual !== expected) throw new Error(`${archive} has SHA-256 ${actual}, not ${expected ?? 'one on the list'}`);
    const zip = path.join(into, archive);
    await writeFile(zip, content);
    await run('python3', ['-m', 'zipfile', '-e', zip, into]);
    await rm(zip);
    await chmod(path.join(into, 'consul'), 0o755);
  });
  return { path: path.join(dir, 'consul'), source: 'cache', fresh };
}

async function download(name: string, timeoutMs: number): Promise<Buffer> {
  const response = await fetch(`${RELEASES}/${name}`, { signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok) throw new Error(`${name}: HTTP ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}
