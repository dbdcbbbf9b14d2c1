import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { ConsulRegistry } from './consul.js';
import { foldersOf, interpolate, interpolateStrict, nomadVariables, type Folders } from './interpolate.js';
import { killAll, processesOf } from './processes.js';
import * as taskEvents from './taskevents.js';
import { TaskProcess, type TaskCommand } from './taskprocess.js';
import type { Allocation, Task, TaskState } from './types.js';

interface Running {
  allocation: Allocation;
  task: Task;
  state: TaskState;
  folders: Folders;
  variables: Record<string, string>;
  stopping: boolean;
  process?: TaskProcess;
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
    const running = this.track(allocation, taskEvents.newTaskState());
    running.state.Events.push(taskEvents.received(), taskEvents.setup());
    allocation.ClientDescription = 'No tasks have started';
    this.options.changed(allocation);
    this.launch(running);
  }

  /** Goes on with an allocation that a stand-in before this one had started, as Nomad does over its data directory. */
  resume(allocation: Allocation): void {
    const [known] = Object.values(allocation.TaskStates ?? {});
    if (!known) return this.start(allocation);
    const running = this.track(allocation, known);
    const found = TaskProcess.adopt(allocation.Pid ?? 0, running.folders.task, this.exitFile(allocation));
    if (found) this.watch(running, found);
    else {
      known.Events.push(taskEvents.failedRestoring());
      killAll(processesOf(-1, running.folders.task), 'SIGKILL');
      this.launch(running);
    }
    if (allocation.DesiredStatus === 'stop') void this.stop(allocation.ID);
  }

  private track(allocation: Allocation, state: TaskState): Running {
    const [task] = allocation.Job.TaskGroups.find(({ Name }) => Name === allocation.TaskGroup)?.Tasks ?? [];
    if (!task) throw new Error(`${allocation.Name} has no task`);
    const folders = foldersOf(this.options.root, allocation, task);
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const variables = nomadVariables(allocation, task, folders);
    const running: Running = { allocation, task, state, folders, variables, stopping: false, ended, end };
    allocation.TaskStates = { [task.Name]: state };
    this.running.set(allocation.ID, running);
    return running;
  }

  /** Asks for the end; Consul forgets the service before the process is told. Resolves when nothing runs any more. */
  async stop(allocationId: string): Promise<void> {
    const running = this.running.get(allocationId);
    if (!running) return;
    if (!running.stopping) {
      running.stopping = true;
      const { allocation, process, task, state } = running;
      state.Events.push(taskEvents.killing(task.KillTimeout));
      this.options.changed(allocation);
      await this.forgetService(running);
      if (!process) this.finish(running, 'complete');
      else if (this.running.has(allocationId)) {
        process.interrupt();
        running.killTimer = setTimeout(() => {
          process.kill();
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
    for (const { process } of this.running.values()) process?.kill();
  }

  private launch(running: Running): void {
    void this.tryLaunch(running).catch((error: unknown) => {
      this.fail(running, taskEvents.failedValidation(error instanceof Error ? error.message : String(error)));
    });
  }

  private async tryLaunch(running: Running): Promise<void> {
    const { allocation, state, folders, task } = running;
    for (const folder of [path.join(folders.alloc, 'logs'), folders.local, folders.secrets]) {
      mkdirSync(folder, { recursive: true });
    }
    rmSync(this.exitFile(allocation), { force: true });
    await this.options.consul.register(allocation, running.variables).catch((error: unknown) => {
      this.options.log(`consul: cannot register ${allocation.Name}: ${String(error)}`);
    });
    // A stop that came meanwhile may have run before the registration.
    if (running.stopping) return this.forgetService(running);
    const started = await TaskProcess.start(this.commandOf(running));
    if (!started) {
      const command = String(task.Config?.command);
      const reason = `failed to launch command with executor: rpc error: code = Unknown desc = binary "${command}" could not be found`;
      this.fail(running, taskEvents.driverFailure(reason));
      return;
    }
    // A stop that came while the process was being started found nothing to end.
    if (!this.running.has(allocation.ID)) return started.kill();
    this.options.log(`nomad: started ${allocation.Name}`);
    allocation.Pid = started.pid;
    state.State = 'running';
    state.StartedAt = new Date().toISOString();
    state.Events.push(taskEvents.started());
    allocation.ClientStatus = 'running';
    allocation.ClientDescription = 'Tasks are running';
    this.options.changed(allocation);
    this.watch(running, started);
  }

  private watch(running: Running, started: TaskProcess): void {
    running.process = started;
    void started.ended.then((code) => {
      clearTimeout(running.killTimer);
      started.kill();
      running.state.Events.push(taskEvents.terminated(code));
      if (running.stopping) {
        running.state.Events.push(taskEvents.killed());
        this.finish(running, 'complete');
      } else if (code === 0) this.finish(running, 'complete');
      else this.fail(running);
    });
  }

  private commandOf({ allocation, task, folders, variables }: Running): TaskCommand {
    const config = task.Config ?? {};
    const args = Array.isArray(config.args) ? (config.args as unknown[]).map(String) : [];
    const given = Object.entries(task.Env ?? {}).map(([key, value]) => [key, interpolate(value, variables)]);
    const log = (kind: string) => path.join(folders.alloc, 'logs', `${task.Name}.${kind}.0`);
    return {
      command: interpolateStrict(String(config.command), variables),
      args: args.map((arg) => interpolateStrict(arg, variables)),
      folder: folders.task,
      // Of this process's environment nothing but the path.
      environment: {
        PATH: process.env.PATH ?? '/usr/bin:/bin',
        ...variables,
        ...(Object.fromEntries(given) as Record<string, string>),
      },
      logs: [log('stdout'), log('stderr')],
      exitFile: this.exitFile(allocation),
    };
  }

  private exitFile({ ID }: Allocation): string {
    return path.join(this.options.root, ID, 'exit');
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
}
