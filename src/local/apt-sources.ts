import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** One archive that this machine's apt is told to use. */
export interface AptSource {
  uri: string;
  suite: string;
  /** The keyring that its signature is checked with, where the source names one. */
  signedBy: string | undefined;
}

/** One-line style: `deb [signed-by=/…] http://… suite component…`. */
export function parseListFile(text: string): AptSource[] {
  return [...text.matchAll(/^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)/gm)].map(
    ([, options = '', uri = '', suite = '']) => ({
      uri,
      suite,
      signedBy: /signed-by=(\S+)/.exec(options)?.[1],
    }),
  );
}

/** Stanzas of `Field: value …`, as `debian.sources` has them. */
export function parseSourcesFile(text: string): AptSource[] {
  const uncommented = text.replaceAll(/^#.*\n?/gm, '');
  return uncommented.split(/\n\s*\n/).flatMap((stanza) => {
    const field = (name: string) => new RegExp(`^${name}:\\s*(.+)$`, 'im').exec(stanza)?.[1]?.trim().split(/\s+/) ?? [];
    if (!field('Types').includes('deb') || field('Enabled')[0]?.toLowerCase() === 'no') return [];
    // A keyring may also stand in the stanza itself; then there is no file to name.
    const signedBy = field('Signed-By').find((value) => value.startsWith('/'));
    return field('URIs').flatMap((uri) => field('Suites').map((suite) => ({ uri, suite, signedBy })));
  });
}

export function readAptSources(etcApt = '/etc/apt'): AptSource[] {
  const parts = path.join(etcApt, 'sources.list.d');
  const names = existsSync(parts) ? readdirSync(parts).map((name) => path.join(parts, name)) : [];
  return [path.join(etcApt, 'sources.list'), ...names].filter(existsSync).flatMap((file) => {
    if (file.endsWith('.list')) return parseListFile(readFileSync(file, 'utf8'));
    return file.endsWith('.sources') ? parseSourcesFile(readFileSync(file, 'utf8')) : [];
  });
}

/** The source of the machine's own Debian release, whose mirror carries the other releases too. */
export function debianSource(osRelease = readFileSync('/etc/os-release', 'utf8')): AptSource {
  const value = (key: string) => new RegExp(`^${key}="?([^"\n]*)`, 'm').exec(osRelease)?.[1];
  if (value('ID') !== 'debian') throw new Error(`this machine is ${value('ID') ?? 'not known'}, not Debian`);
  const codename = value('VERSION_CODENAME');
  const found = readAptSources().find(({ suite }) => suite === codename);
  if (found === undefined) throw new Error(`no source of Debian ${codename ?? ''} in /etc/apt`);
  return found;
}
