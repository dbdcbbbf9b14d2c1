import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

/** Where a service's address or program comes from. */
export type Source = 'environment' | 'path' | 'cache';

export interface Binary {
  path: string;
  source: 'path' | 'cache';
  /** Whether it was downloaded just now. */
  fresh: boolean;
  /** What its environment needs besides, such as where its libraries are. */
  env?: Record<string, string>;
}

const execFileAsync = promisify(execFile);

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  timeoutMs?: number;
  uid?: number;
  gid?: number;
}

/** Runs a program to its end and returns its standard output; a failure carries what the program said. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { timeoutMs = 600_000, ...rest } = options;
  try {
    const { stdout } = await execFileAsync(command, args, { ...rest, timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    const said = stderr.trim().split('\n').slice(-5).join('\n') || message;
    throw new Error(`${path.basename(command)} ${args[0] ?? ''} failed: ${said}`, { cause: error });
  }
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The first of these programs on the PATH or in the further folders. */
export function findOnPath(names: readonly string[], furtherFolders: readonly string[] = []): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter).filter(Boolean), ...furtherFolders];
  for (const name of names) {
    const found = folders.map((folder) => path.join(folder, name)).find(isExecutable);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Takes the first way that works; when none does, says of each why not and what the reader can do. */
export async function firstThatWorks<T>(
  what: string,
  ways: Record<string, () => Promise<T>>,
  advice: string,
): Promise<T> {
  const reasons: string[] = [];
  for (const [way, attempt] of Object.entries(ways)) {
    try {
      return await attempt();
    } catch (error) {
      reasons.push(`  ${way}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(`no ${what} could be had; ${advice}. Tried:\n${reasons.join('\n')}`);
}
