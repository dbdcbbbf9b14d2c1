import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { AptSource } from './apt-sources.js';
import { findOnPath, run } from './binaries.js';

export interface AptDownload {
  packages: readonly string[];
  /** Also what they need and this machine has not installed. */
  withDependencies?: boolean;
  /** An archive to use in place of those of the machine. */
  source?: AptSource;
}

/** apt's settings for folders of our own: nothing of the system's apt is written, so a normal user can do it too. */
function settings(work: string, source: AptSource | undefined): string {
  const lines = [
    `Dir::State::lists "${work}/lists";`,
    `Dir::Cache "${work}/cache";`,
    // The hooks of the machine tidy its own folders and refresh its own catalogues.
    '#clear APT::Update::Post-Invoke;',
    '#clear APT::Update::Post-Invoke-Success;',
    '#clear Acquire::IndexTargets::deb::DEP-11;',
    '#clear Acquire::IndexTargets::deb::DEP-11-icons;',
    '#clear Acquire::IndexTargets::deb::DEP-11-icons-small;',
    '#clear Acquire::IndexTargets::deb::DEP-11-icons-large;',
    'Acquire::Languages "none";',
    'Acquire::http::Timeout "20";',
    'Acquire::Retries "2";',
    // apt's own user cannot write into this folder.
    'APT::Sandbox::User "root";',
    'Debug::NoLocking "true";',
  ];
  if (source !== undefined)
    lines.push(`Dir::Etc::sourcelist "${work}/sources.list";`, 'Dir::Etc::sourceparts "/dev/null";');
  return `${lines.join('\n')}\n`;
}

/** Downloads packages through apt, which verifies them, and unpacks them into the folder; nothing is installed. */
export async function downloadFromApt(
  into: string,
  { packages, withDependencies, source }: AptDownload,
): Promise<void> {
  if (findOnPath(['apt-get']) === undefined) throw new Error('there is no apt-get here');
  const work = path.join(into, 'apt');
  const debs = path.join(work, 'debs');
  for (const folder of ['lists/partial', 'cache/archives/partial', 'debs']) {
    await mkdir(path.join(work, folder), { recursive: true });
  }
  const configuration = path.join(work, 'apt.conf');
  await writeFile(configuration, settings(work, source));
  if (source !== undefined) {
    const options = source.signedBy === undefined ? '' : `[signed-by=${source.signedBy}] `;
    await writeFile(path.join(work, 'sources.list'), `deb ${options}${source.uri} ${source.suite} main\n`);
  }
  const apt = (...args: string[]) =>
    run('apt-get', ['--config-file', configuration, '--quiet', ...args], { cwd: debs });
  await apt('update');
  const wanted =
    withDependencies === true
      ? toInstall(await apt('--simulate', '--no-install-recommends', 'install', ...packages))
      : packages;
  await apt('download', ...new Set([...packages, ...wanted]));
  for (const deb of await readdir(debs)) await run('dpkg', ['-x', path.join(debs, deb), into]);
  await rm(work, { recursive: true });
}

/** What `apt-get --simulate install` would install: lines `Inst name (version …)`. */
function toInstall(simulation: string): string[] {
  return [...simulation.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name);
}

/** The folders of an unpacked package tree where the loader must look for shared libraries. */
export async function libraryPath(root: string): Promise<string> {
  const found: string[] = [];
  for (const lib of ['usr/lib', 'lib']) {
    const folder = path.join(root, lib);
    const triplets = await readdir(folder).catch(() => []);
    const own = triplets.filter((name) => name.includes('-linux-')).map((name) => path.join(folder, name));
    // libpulse finds its own library by an absolute path, which does not lead into this folder.
    found.push(folder, ...own, ...own.map((of) => path.join(of, 'pulseaudio')));
  }
  return found.join(':');
}
