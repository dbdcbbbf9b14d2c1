import path from 'node:path';
import type { Source } from './binaries.js';
import type { Cache, Progress } from './cache.js';
import type { Cleanup } from './cleanup.js';
import { ManagedProcess, type ProcessSpec } from './process.js';

/** What each service is started with. */
export interface RunContext {
  /** A folder of this run alone: data, logs, rendered configuration. */
  runDir: string;
  cache: Cache;
  cleanup: Cleanup;
  progress: Progress;
}

export interface ServicePlan {
  name: string;
  /** What clients are given: a URL. */
  address: string;
  source: Source;
  /** Whether its program was downloaded just now. */
  fresh: boolean;
  spec: Omit<ProcessSpec, 'name' | 'logDir'>;
  isReady: () => Promise<boolean>;
}

/** A service of the one-machine stack: a process of ours, or one that the environment names and that is left alone. */
export class Service {
  private constructor(
    readonly name: string,
    readonly address: string,
    readonly source: Source,
    readonly fresh: boolean,
    private running?: ManagedProcess,
    private readonly startAgain?: () => Promise<ManagedProcess>,
  ) {}

  static external(name: string, address: string): Service {
    return new Service(name, address, 'environment', false);
  }

  static async start({ runDir, cleanup }: RunContext, plan: ServicePlan): Promise<Service> {
    const spec = { ...plan.spec, name: plan.name, logDir: path.join(runDir, 'logs') };
    const startReady = async () => {
      const started = await ManagedProcess.start(spec, cleanup);
      try {
        await started.waitUntilReady(plan.isReady);
      } catch (error) {
        await started.stop();
        throw error;
      }
      return started;
    };
    return new Service(plan.name, plan.address, plan.source, plan.fresh, await startReady(), startReady);
  }

  /** Undefined for a service of the environment. */
  get pid(): number | undefined {
    return this.running?.pid;
  }

  get logFile(): string | undefined {
    return this.running?.logFile;
  }

  /** Resolves, with how it ended, when the process ends by itself or by `stop`. Never for a service of the environment. */
  get exited(): Promise<string> {
    return this.running?.exited ?? new Promise(() => undefined);
  }

  async stop(graceMs?: number): Promise<void> {
    await this.running?.stop(graceMs);
  }

  /** Starts it again, dead or alive, at the same address with the same data: what fault tests do. */
  async restart(): Promise<void> {
    if (this.startAgain === undefined) throw new Error(`${this.name} belongs to the environment and is not restarted`);
    await this.stop();
    this.running = await this.startAgain();
  }
}
