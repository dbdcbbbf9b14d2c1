/**
 * Makes a clone ready: the packages of the lock file and the built notebook page. Does nothing where that is done already,
 * and waits for another set-up of the same clone instead of working beside it.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const cache = path.join(root, '.cache');
const lock = path.join(cache, 'setup.lock');

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Node ${process.versions.node} is too old: the Developer Observatory needs Node 20.19 or later.`);
  process.exit(1);
}

mkdirSync(cache, { recursive: true });
await takeLock();
try {
  once('packages', [path.join(root, 'package-lock.json')], path.join(root, 'node_modules'), () => {
    console.log('set-up: installing the packages of the lock file');
    execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  });
  const page = [
    ...filesOf('notebook'),
    ...['templates/assets/palette.css', 'package-lock.json'].map((file) => path.join(root, file)),
  ];
  once('notebook', page, path.join(root, 'dist/notebook/manifest.json'), () => {
    console.log('set-up: building the notebook page');
    execFileSync(process.execPath, ['notebook/build.mjs', 'dist/notebook'], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  });
} finally {
  rmSync(lock, { recursive: true, force: true });
}

/** Runs the step unless its result is there and was made from the very same sources. */
function once(step, sources, result, run) {
  const hash = createHash('sha256');
  for (const file of sources) hash.update(readFileSync(file));
  const digest = hash.digest('hex');
  const stamp = path.join(cache, `setup-${step}`);
  if (existsSync(result) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  run();
  writeFileSync(stamp, digest);
}

function filesOf(folder) {
  return readdirSync(path.join(root, folder))
    .map((name) => path.join(root, folder, name))
    .filter((file) => statSync(file).isFile());
}

async function takeLock() {
  for (let told = false; ; told = true) {
    try {
      mkdirSync(lock);
      writeFileSync(path.join(lock, 'pid'), String(process.pid));
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (abandoned()) rmSync(lock, { recursive: true, force: true });
    else if (!told) console.log('set-up: waiting for another set-up of this clone');
    await sleep(300);
  }
}

/** Its process is gone; a lock without a process id is given a moment to get one. */
function abandoned() {
  const file = path.join(lock, 'pid');
  if (!existsSync(file)) return existsSync(lock) && Date.now() - statSync(lock).mtimeMs > 5_000;
  try {
    process.kill(Number(readFileSync(file, 'utf8')), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}
