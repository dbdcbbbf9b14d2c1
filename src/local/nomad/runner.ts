import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import type { ConsulRegistry } from './consul.js';
import { foldersOf, interpolate, interpolateStrict, nomadVariables, type Folders } from './interpolate.js';
import { killAll, processesOf } from './processes.js';
import * as taskEvents from './taskevents.js';
import type { Allocation, Task, TaskState } from './types.js';

interface Running {
  allocation: Allocation;
  task: Task;
  state: TaskState;
  folders: Folders;
  variables: Record<string, string>;
  stopping: boolean;
  child?: ChildProcess;
  killTimer?: NodeJS.Timeout;
  ended: Promise<void>;
  end: () => void;
}

export interface RunnerOptions {
  root: string;
  consul: ConsulRegistry;
  log: (line: string) => void;
  /** Told of every change of an allocation. */
  changed: (allocation: Allocation) => void;
}

/** Does what a Nomad client does with an allocation: folders, Consul entry, process, and its end. */
export class Runner {
  private readonly running = new Map<string, Running>();

  constructor(private readonly options: RunnerOptions) {}

  start(allocation: Allocation): void {
    const [task] = allocation.Job.TaskGroups.find(({ Name }) => Name === allocation.TaskGroup)?.Tasks ?? [];
    if (!task) throw new Error(`${allocation.Name} has no task`);
    const folders = foldersOf(this.options.root, allocation, task);
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const state = taskEvents.newTaskState();
    const variables = nomadVariables(allocation, task, folders);
    const running: Running = { allocation, task, state, folders, variables, stopping: false, ended, end };
    allocation.TaskStates = { [task.Name]: state };
    this.running.set(allocation.ID, running);
    void this.launch(running).catch((error: unknown) => {
      this.fail(running, taskEvents.failedValidation(error instanceof Error ? error.message : String(error)));
    });
  }

  /** Asks for the end; Consul forgets the service before the process is told. Resolves when nothing runs any more. */
  async stop(allocationId: string): Promise<void> {
    const running = this.running.get(allocationId);
    if (!running) return;
    if (!running.stopping) {
      running.stopping = true;
      const { allocation, child, task, state } = running;
      state.Events.push(taskEvents.killing(task.KillTimeout));
      this.options.changed(allocation);
      await this.forgetService(running);
      if (!child) this.finish(running, 'complete');
      else if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGINT');
        running.killTimer = setTimeout(() => {
          this.killTree(running);
        }, task.KillTimeout / 1e6);
      }
    }
    await running.ended;
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.running.keys()].map((id) => this.stop(id)));
  }

  /** The last resort when this process ends: synchronous, so it works in an exit handler. */
  killAllNow(): void {
    for (const running of this.running.values()) this.killTree(running);
  }

  private async launch(running: Running): Promise<void> {
    const { allocation, state, folders, task } = running;
    for (const folder of [path.join(folders.alloc, 'logs'), folders.local, folders.secrets]) {
      mkdirSync(folder, { recursive: true });
    }
    state.Events.push(taskEvents.received(), taskEvents.setup());
    allocation.ClientDescription = 'No tasks have started';
    this.options.changed(allocation);
    await this.options.consul.register(allocation, running.variables).catch((error: unknown) => {
      this.options.log(`consul: cannot register ${allocation.Name}: ${String(error)}`);
    });
    // A stop that came meanwhile may have run before the registration.
    if (running.stopping) return this.forgetService(running);
    const child = this.spawnTask(running);
    running.child = child;
    child.once('spawn', () => {
      state.State = 'running';
      state.StartedAt = new Date().toISOString();
      state.Events.push(taskEvents.started());
      allocation.ClientStatus = 'running';
      allocation.ClientDescription = 'Tasks are running';
      this.options.changed(allocation);
    });
    child.once('error', () => {
      const command = String(task.Config?.command);
      const reason = `failed to launch command with executor: rpc error: code = Unknown desc = binary "${command}" could not be found`;
      this.fail(running, taskEvents.driverFailure(reason));
    });
    child.once('exit', (code, signal) => {
      this.exited(running, code, signal);
    });
  }

  private spawnTask({ allocation, task, folders, variables }: Running): ChildProcess {
    const config = task.Config ?? {};
    const args = Array.isArray(config.args) ? (config.args as unknown[]).map(String) : [];
    const given = Object.entries(task.Env ?? {}).map(([key, value]) => [key, interpolate(value, variables)]);
    const logs = ['stdout', 'stderr'].map((kind) =>
      openSync(path.join(folders.alloc, 'logs', `${task.Name}.${kind}.0`), 'a'),
    );
    try {
      // A group of its own, and nothing of this process's environment but the path.
      return spawn(
        interpolateStrict(String(config.command), variables),
        args.map((arg) => interpolateStrict(arg, variables)),
        {
          cwd: folders.task,
          env: {
            PATH: process.env.PATH ?? '/usr/bin:/bin',
            ...variables,
            ...(Object.fromEntries(given) as Record<string, string>),
          },
          detached: true,
          stdio: ['ignore', logs[0], logs[1]],
        },
      );
    } finally {
      logs.forEach((log) => {
        closeSync(log);
      });
      this.options.log(`nomad: started ${allocation.Name}`);
    }
  }

  private exited(running: Running, code: number | null, signal: NodeJS.Signals | null): void {
    clearTimeout(running.killTimer);
    this.killTree(running);
    const { state, stopping } = running;
    state.Events.push(taskEvents.terminated(code, signal));
    if (stopping) {
      state.Events.push(taskEvents.killed());
      this.finish(running, 'complete');
    } else if (code === 0) this.finish(running, 'complete');
    else this.fail(running);
  }

  private fail(running: Running, event?: Record<string, unknown>): void {
    if (event) running.state.Events.push(event);
    running.state.Events.push(taskEvents.notRestarting());
    this.finish(running, 'failed');
  }

  private finish(running: Running, status: 'complete' | 'failed'): void {
    const { allocation, state } = running;
    if (!this.running.delete(allocation.ID)) return;
    state.State = 'dead';
    state.Failed = status === 'failed';
    state.FinishedAt = new Date().toISOString();
    allocation.ClientStatus = status;
    allocation.ClientDescription = status === 'failed' ? 'Failed tasks' : 'All tasks have completed';
    this.options.changed(allocation);
    void this.forgetService(running).then(running.end);
  }

  private async forgetService(running: Running): Promise<void> {
    await this.options.consul.deregister(running.allocation).catch((error: unknown) => {
      this.options.log(`consul: cannot deregister ${running.allocation.Name}: ${String(error)}`);
    });
  }

  private killTree({ child, folders }: Running): void {
    if (child?.pid !== undefined) killAll(processesOf(child.pid, folders.task), 'SIGKILL');
  }
}
