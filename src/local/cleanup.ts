import { rmSync } from 'node:fs';
import { signalGroup } from './process-group.js';
import { startWatchdog, type Watchdog } from './watchdog.js';

export interface CleanupEntry {
  name: string;
  stop: () => Promise<void>;
  /** A process group to kill when there is no time left to stop. */
  group?: number;
  /** A folder to remove when there is no time left to stop. */
  folder?: string;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Everything that must not outlive this process. It is stopped once, last started first: by `stopAll`, by a signal, at a
 * crash (killed, as an exit handler cannot wait), and by a watchdog when this process is killed with -9.
 */
export class Cleanup {
  private readonly entries: CleanupEntry[] = [];
  private stopping: Promise<void> | undefined;
  private watchdog: Watchdog | undefined;

  /** Returns what takes the entry off the list, for something that ended by itself. */
  add(entry: CleanupEntry): () => void {
    if (this.entries.length === 0) this.listen();
    this.entries.push(entry);
    this.tellWatchdog();
    return () => {
      this.remove(entry);
    };
  }

  /** To be asked before something starts: what starts during or after the stop would be left running. */
  refuseWhenStopped(): void {
    if (this.stopping !== undefined) throw new Error('the stack is being stopped: nothing more is started');
  }

  stopAll(): Promise<void> {
    this.stopping ??= this.stopInReverse();
    return this.stopping;
  }

  private async stopInReverse(): Promise<void> {
    const failures: unknown[] = [];
    for (let entry = this.entries.at(-1); entry !== undefined; entry = this.entries.at(-1)) {
      await entry.stop().catch((error: unknown) => failures.push(error));
      this.remove(entry);
    }
    if (failures.length > 0) throw new AggregateError(failures, 'some parts of the stack did not stop');
  }

  private remove(entry: CleanupEntry): void {
    const index = this.entries.indexOf(entry);
    if (index === -1) return;
    this.entries.splice(index, 1);
    this.tellWatchdog();
    if (this.entries.length === 0) this.unlisten();
  }

  private listen(): void {
    this.watchdog = startWatchdog();
    for (const signal of SIGNALS) process.on(signal, this.onSignal);
    process.on('exit', this.onExit);
  }

  private unlisten(): void {
    for (const signal of SIGNALS) process.off(signal, this.onSignal);
    process.off('exit', this.onExit);
    this.watchdog?.close();
    this.watchdog = undefined;
  }

  private tellWatchdog(): void {
    this.watchdog?.watch(
      this.entries.flatMap(({ group }) => group ?? []),
      this.entries.flatMap(({ folder }) => folder ?? []),
    );
  }

  /** Stops, then ends this process by the same signal, so that its parent sees why. A repeated signal changes nothing: npm sends two. */
  private readonly onSignal = (signal: NodeJS.Signals): void => {
    if (this.stopping !== undefined) return;
    const endBySignal = () => {
      this.unlisten();
      process.kill(process.pid, signal);
    };
    this.stopAll().then(endBySignal, endBySignal);
  };

  private readonly onExit = (): void => {
    for (const { group } of this.entries) {
      if (group !== undefined) signalGroup(group, 'SIGKILL');
    }
    for (const { folder } of this.entries) {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    }
  };
}

/** Runs the work and stops everything that it registered, whether it returns or throws. */
export async function withCleanup<T>(work: (cleanup: Cleanup) => Promise<T>): Promise<T> {
  const cleanup = new Cleanup();
  try {
    return await work(cleanup);
  } finally {
    await cleanup.stopAll();
  }
}
