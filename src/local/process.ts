import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cleanup } from './cleanup.js';
import { groupLives, signalGroup } from './process-group.js';

export interface ProcessSpec {
  /** Names the process in messages and its log file `<name>.log`. */
  name: string;
  command: string;
  args: readonly string[];
  logDir: string;
  /** The whole environment of the process; that of this process by default. */
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  uid?: number;
  gid?: number;
  /** What asks it to end: SIGTERM, except where a program means something slower by that. */
  stopSignal?: NodeJS.Signals;
}

const GRACE_MS = 3_000;
/** Dying takes a moment; what outlives SIGKILL by this hangs in the kernel, and waiting longer would not help. */
const DYING_MS = 2_000;

export function tailOf(logFile: string, lines = 20): string {
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '';
  }
}

/** A child in a process group of its own, so that what it starts ends with it. */
export class ManagedProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves with a description of how the process ended; never rejects. */
  readonly exited: Promise<string>;
  private ended: string | undefined;
  private stopping: Promise<void> | undefined;
  private readonly release: () => void;

  private constructor(
    private readonly spec: ProcessSpec,
    child: ChildProcess & { pid: number },
    logFile: string,
    cleanup: Cleanup,
  ) {
    this.name = spec.name;
    this.pid = child.pid;
    this.logFile = logFile;
    this.exited = once(child, 'exit').then(([code, signal]) => {
      this.ended = signal === null ? `exit code ${String(code)}` : `signal ${String(signal)}`;
      return this.ended;
    });
    this.release = cleanup.add({
      name: spec.name,
      group: child.pid,
      stop: () => this.stop(),
    });
    // A group without its leader is stopped by nobody else, so it stays registered until the whole group is gone.
    void this.exited.then(() => {
      if (!groupLives(this.pid)) this.release();
    });
  }

  static async start(spec: ProcessSpec, cleanup: Cleanup): Promise<ManagedProcess> {
    cleanup.refuseWhenStopped();
    mkdirSync(spec.logDir, { recursive: true });
    const logFile = path.join(spec.logDir, `${spec.name}.log`);
    const log = openSync(logFile, 'a');
    const child = spawn(spec.command, spec.args, {
      detached: true,
      stdio: ['ignore', log, log],
      env: spec.env ?? process.env,
      cwd: spec.cwd,
      uid: spec.uid,
      gid: spec.gid,
    });
    closeSync(log);
    if (child.pid === undefined) {
      const [error] = (await once(child, 'error')) as [Error];
      throw new Error(`${spec.name} did not start: ${error.message}`, { cause: error });
    }
    return new ManagedProcess(spec, child as ChildProcess & { pid: number }, logFile, cleanup);
  }

  get alive(): boolean {
    return this.ended === undefined;
  }

  /** Resolves when the probe answers true. A probe that throws counts as not yet; an exit rejects at once, with the log's end. */
  async waitUntilReady(probe: () => Promise<boolean>, timeoutMs = 20_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (let pause = 10; Date.now() < deadline; pause = Math.min(pause * 1.5, 100)) {
      if (this.ended !== undefined) throw this.failure(`ended before it was ready (${this.ended})`);
      if (await probe().catch(() => false)) return;
      await Promise.race([sleep(pause), this.exited]);
    }
    throw this.failure(`was not ready within ${timeoutMs / 1000} s`);
  }

  /** Asks the group to end, kills what is left after the grace, and resolves when the whole group is gone. */
  stop(graceMs = GRACE_MS): Promise<void> {
    this.stopping ??= this.endGroup(graceMs).finally(this.release);
    return this.stopping;
  }

  private async endGroup(graceMs: number): Promise<void> {
    if (this.alive) signalGroup(this.pid, this.spec.stopSignal ?? 'SIGTERM');
    const grace = AbortSignal.timeout(graceMs);
    while (this.alive && !grace.aborted) await Promise.race([this.exited, sleep(20)]);
    // What outlives the leader was left behind by it and would only use up the grace.
    signalGroup(this.pid, 'SIGKILL');
    const dying = AbortSignal.timeout(DYING_MS);
    await this.exited;
    while (groupLives(this.pid) && !dying.aborted) await sleep(10);
  }

  private failure(what: string): Error {
    return new Error(`${this.name} ${what}; the end of ${this.logFile}:\n${tailOf(this.logFile)}`);
  }
}
