/** Runs the code that participants get, as it is given, in a real instance on this machine. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Cache } from '../local/cache.js';
import { withCleanup } from '../local/cleanup.js';
import { type LocalInstance, startInstance } from '../local/instance.js';
import { type CellRun, KernelClient, request } from '../simulate/kernel-client.js';
import type { Condition, Study } from '../studies/read.js';
import { type CodeFailure, placeOfError, type StarterCell, starterCells } from '../studies/starter-code.js';

/** There is no instance on this machine to run code in. */
export class NoInstanceError extends Error {}

export interface CodeRun {
  readonly failures: readonly { readonly condition: string; readonly failure: CodeFailure }[];
  readonly cells: number;
}

interface Options {
  /** For one cell. */
  readonly seconds: number;
  readonly progress: (line: string) => void;
}

/** One instance for all conditions; each gets a home and a kernel of its own. Conditions with the same code and files are run once. */
export async function runStarterCode(study: Study, options: Options): Promise<CodeRun> {
  const runDir = await mkdtemp(path.join(os.tmpdir(), 'observatory-check-'));
  try {
    return await withCleanup(async (cleanup) => {
      const instance = await startInstance({ cache: new Cache(undefined, options.progress), cleanup, runDir }).catch(
        (error: unknown) => {
          throw new NoInstanceError(error instanceof Error ? error.message : String(error));
        },
      );
      const atFirst = new Set(await readdir(instance.home));
      const known = new Map<string, CodeFailure[]>();
      const failures: { condition: string; failure: CodeFailure }[] = [];
      let cells = 0;
      for (const condition of study.conditions) {
        const code = starterCells(study, condition);
        const same = JSON.stringify([code, condition.starterFiles]);
        const found = known.get(same) ?? (await runCondition(instance, condition, code, options.seconds));
        if (!known.has(same)) await emptyHome(instance.home, atFirst);
        known.set(same, found);
        failures.push(...found.map((failure) => ({ condition: condition.name, failure })));
        cells += code.length;
      }
      return { failures, cells };
    });
  } finally {
    await rm(runDir, { recursive: true, force: true });
  }
}

async function runCondition(
  instance: LocalInstance,
  { starterFiles }: Condition,
  cells: readonly StarterCell[],
  seconds: number,
): Promise<CodeFailure[]> {
  for (const { path: name, text } of starterFiles) {
    const { ok, status } = await request(instance, `files/${name}`, { method: 'PUT', body: text });
    if (!ok) throw new Error(`the instance did not take the file ${name}: ${status}`);
  }
  const kernel = await KernelClient.start(instance);
  try {
    return await runCells(kernel, cells, seconds);
  } finally {
    kernel.close();
    await request(instance, `kernels/${kernel.id}`, { method: 'DELETE' });
  }
}

async function runCells(kernel: KernelClient, cells: readonly StarterCell[], seconds: number): Promise<CodeFailure[]> {
  const failures: CodeFailure[] = [];
  const byCount = new Map<number, StarterCell>();
  for (const cell of cells) {
    const run = await kernel.runCell(cell.source, seconds).catch(() => undefined);
    if (run === undefined || run.status === 'gone') {
      // Whatever comes after would fail for this reason only.
      return [...failures, { cell, message: run ? await whyGone(kernel) : `does not end within ${seconds} s` }];
    }
    if (run.executionCount !== null) byCount.set(run.executionCount, cell);
    const failure = failureOf(cell, run, byCount);
    if (failure !== undefined) failures.push(failure);
  }
  return failures;
}

async function whyGone(kernel: KernelClient): Promise<string> {
  const { last_restart: restart } = await kernel.model().catch(() => ({ last_restart: undefined }));
  return `Python ended${restart === undefined || restart.reason === 'died' ? '' : `: the instance's limit of ${restart.reason} was passed`}`;
}

function failureOf(
  cell: StarterCell,
  run: CellRun,
  byCount: ReadonlyMap<number, StarterCell>,
): CodeFailure | undefined {
  const failed = run.status === 'error';
  if (failed === (cell.expect === 'error')) return undefined;
  if (!failed) return { cell, message: 'runs without an error, and study.yaml says `expect: error`' };
  // A cell that asks the participant something is well: here nobody answers.
  if (run.error === 'StdinNotImplementedError') return undefined;
  const output = run.outputs.find(({ output_type: kind }) => kind === 'error');
  const message = [run.error, output?.['evalue']].filter(Boolean).join(': ');
  const place = placeOfError((output?.['traceback'] ?? []) as string[]);
  const where = place && byCount.get(place.executionCount);
  if (place === undefined || where === undefined) return { cell, message };
  if (where === cell) return { cell, line: place.line, message };
  return { cell, message: `${message}, raised at ${where.file}:${place.line}` };
}

async function emptyHome(home: string, atFirst: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(home)) {
    if (!atFirst.has(name)) await rm(path.join(home, name), { recursive: true, force: true });
  }
}
