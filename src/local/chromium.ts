import path from 'node:path';
import { downloadFromApt, libraryPath } from './apt.js';
import { findOnPath, firstThatWorks, isExecutable, type Binary } from './binaries.js';
import type { Cache } from './cache.js';

/** What playwright-core's `chromium.launch` is given. */
export interface ChromiumLaunch {
  executablePath: string;
  args: string[];
  env: Record<string, string>;
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];
const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];
const PLAIN = ['--disable-gpu', '--disable-quic', '--disable-dev-shm-usage'];

async function findChromium(cache: Cache): Promise<Binary> {
  const named = process.env.CHROMIUM;
  if (named) {
    if (!isExecutable(named)) throw new Error(`CHROMIUM is ${named}, which is not a program`);
    return { path: named, source: 'path', fresh: false };
  }
  const onPath = findOnPath(NAMES);
  if (onPath !== undefined) return { path: onPath, source: 'path', fresh: false };
  return firstThatWorks<Binary>(
    'Chromium',
    { 'Debian package': () => fromDebian(cache) },
    'install Chromium or Chrome, or give its path as CHROMIUM',
  );
}

/** Unpacked beside the project with the libraries that the machine lacks; nothing is installed. */
async function fromDebian(cache: Cache): Promise<Binary> {
  const { dir, fresh } = await cache.install('chromium', 'debian', (into) =>
    downloadFromApt(into, { packages: ['chromium', 'fonts-dejavu-core'], withDependencies: true }),
  );
  const env = { LD_LIBRARY_PATH: await libraryPath(dir), XDG_DATA_DIRS: `${path.join(dir, 'usr/share')}:/usr/share` };
  return { path: path.join(dir, 'usr/lib/chromium/chromium'), source: 'cache', fresh, env };
}

/** A Chromium for tests in a browser, that talks to nobody but the page's servers. */
export async function chromiumLaunch(cache: Cache): Promise<ChromiumLaunch> {
  const { path: executablePath, env = {} } = await findChromium(cache);
  // Chromium's sandbox refuses to run as root.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { executablePath, args: [...QUIET, ...PLAIN, ...asRoot], env: { ...Object.fromEntries(inherited), ...env } };
}
