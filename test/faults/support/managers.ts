import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Cleanup } from '../../../src/local/cleanup.js';
import { poll } from '../../poll.js';

export interface ManagerOptions {
  /** Such as `before cluster.dispatch`: there it sends itself the signal. */
  readonly at?: string;
  readonly send?: 'SIGKILL' | 'SIGSTOP';
  readonly settings?: Readonly<Record<string, string>>;
}

export type Manager = ChildProcess & { readonly pid: number };

const lock = z.array(z.object({ Session: z.string().optional(), Value: z.string().nullable() }));

/** Managers as processes of their own, and the lock that one of them holds. */
export class Managers {
  private readonly running = new Set<Manager>();

  constructor(
    private readonly environment: Readonly<Record<string, string>>,
    private readonly consulUrl: string,
    private readonly logDir: string,
    cleanup: Cleanup,
  ) {
    cleanup.add({ name: 'managers', stop: () => this.killAll() });
  }

  start({ at, send = 'SIGKILL', settings = {} }: ManagerOptions = {}): Manager {
    const program = path.join(import.meta.dirname, 'manager-child.ts');
    const env = {
      PATH: process.env.PATH,
      ...this.environment,
      ...settings,
      ...(at === undefined ? {} : { AT: at, SEND: send }),
    };
    const child = spawn(process.execPath, ['--import', 'tsx', program], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    if (child.pid === undefined) throw new Error('the manager did not start');
    child.stdout.pipe(createWriteStream(path.join(this.logDir, 'manager.log'), { flags: 'a' }));
    const manager = child as unknown as Manager;
    this.running.add(manager);
    child.on('exit', () => this.running.delete(manager));
    return manager;
  }

  /** As Nomad or an operator stops it: it gives the lock back. */
  async stop(manager: Manager): Promise<void> {
    await this.end(manager, 'SIGTERM');
    if (manager.exitCode !== 0)
      throw new Error(`manager ${manager.pid} did not end well: ${manager.exitCode ?? manager.signalCode}`);
  }

  async kill(manager: Manager): Promise<void> {
    await this.end(manager, 'SIGKILL');
  }

  /** A frozen one is woken by nothing but SIGCONT or SIGKILL. */
  async killAll(): Promise<void> {
    await Promise.all([...this.running].map((manager) => this.end(manager, 'SIGKILL')));
  }

  /** Process id of the one that holds the lock. */
  async leader(): Promise<number | undefined> {
    const entry = await this.lockEntry();
    if (entry?.Session === undefined) return undefined;
    return Number(
      Buffer.from(entry.Value ?? '', 'base64')
        .toString()
        .split('/')[1],
    );
  }

  async untilLeads(manager: Manager, seconds = 60): Promise<void> {
    await poll(`manager ${manager.pid} leads`, async () => (await this.leader()) === manager.pid, seconds);
  }

  /**
   * What an operator may do after a crash instead of waiting: Consul frees a dead manager's lock by itself after up to
   * 20 s, which a test of its own shows. A second of lock delay is left.
   */
  async freeLock(): Promise<void> {
    const session = (await this.lockEntry())?.Session;
    if (session !== undefined) await fetch(`${this.consulUrl}/v1/session/destroy/${session}`, { method: 'PUT' });
  }

  private async lockEntry() {
    const key = `${this.environment.OBSERVATORY_CONSUL_PREFIX ?? 'observatory'}/leader`;
    const response = await fetch(`${this.consulUrl}/v1/kv/${key}`);
    return response.status === 404 ? undefined : lock.parse(await response.json())[0];
  }

  private async end(manager: Manager, signal: NodeJS.Signals): Promise<void> {
    if (manager.exitCode !== null || manager.signalCode !== null) return;
    const exited = once(manager, 'exit');
    manager.kill(signal);
    await exited;
  }
}
