import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import path from 'node:path';
import { packageRoot } from '../../src/platform/root.js';

/** How `observatory` is called from any folder without being built. */
export const fromSource = [
  process.execPath,
  '--import',
  createRequire(import.meta.url).resolve('tsx'),
  path.join(packageRoot, 'src/cli/main.ts'),
] as const;

export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** The command line as an operator calls it, with nothing in its environment but the path and what is given. */
export async function observatory(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Ended> {
  const [node, ...program] = fromSource;
  const child = spawn(node, [...program, ...args], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const said = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on('data', said);
  child.stderr.on('data', said);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? 1, output };
}
