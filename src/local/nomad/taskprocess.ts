import { spawn } from 'node:child_process';
import { accessSync, closeSync, constants, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { childrenOf, isAlive, killAll, processesOf, worksIn } from './processes.js';

/**
 * Keeps how the task ended in a file ($0), where a stand-in that was killed meanwhile finds it, as Nomad's executor keeps it.
 * The shell says nothing of its own about the task's end.
 */
const KEEPER = 'exec 3>&2 2>/dev/null; "$@" 2>&3 3>&-; code=$?; echo $code >"$0.new"; mv "$0.new" "$0"; exit $code';
const lookMs = 200;

export interface TaskCommand {
  command: string;
  args: string[];
  folder: string;
  environment: Record<string, string>;
  /** Standard output and error are appended to these. */
  logs: [stdout: string, stderr: string];
  exitFile: string;
}

/** The process of a task: one that was started, or one that an earlier stand-in had started. */
export class TaskProcess {
  private constructor(
    readonly pid: number,
    private readonly folder: string,
    /** The exit code as a shell tells it: 128 and the signal for one that was killed. */
    readonly ended: Promise<number>,
  ) {}

  /** Undefined when there is no such command. */
  static async start(task: TaskCommand): Promise<TaskProcess | undefined> {
    if (!isExecutable(task.command, task.environment.PATH ?? '')) return undefined;
    const logs = task.logs.map((file) => openSync(file, 'a'));
    // A group of its own, and nothing of this process's environment.
    const child = spawn('/bin/sh', ['-c', KEEPER, task.exitFile, task.command, ...task.args], {
      cwd: task.folder,
      env: task.environment,
      detached: true,
      stdio: ['ignore', ...logs],
    });
    logs.forEach((log) => {
      closeSync(log);
    });
    const ended = new Promise<number>((resolve) => {
      child.once('exit', (code) => {
        resolve(code ?? exitCode(task.exitFile) ?? 137);
      });
    });
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    return new TaskProcess(child.pid ?? 0, task.folder, ended);
  }

  /** One that lives on, or whose end was kept; undefined when nothing is known of it. */
  static adopt(pid: number, folder: string, exitFile: string): TaskProcess | undefined {
    const lives = () => isAlive(pid) && worksIn(pid, folder);
    if (!lives() && !existsSync(exitFile)) return undefined;
    const ended = new Promise<number>((resolve) => {
      const look = () => {
        if (lives()) setTimeout(look, lookMs);
        else resolve(exitCode(exitFile) ?? 137);
      };
      look();
    });
    return new TaskProcess(pid, folder, ended);
  }

  /** To the task alone: its helpers are not told, and the shell has to stay to keep the end. */
  interrupt(): void {
    const task = childrenOf(this.pid);
    killAll(task, 'SIGINT');
    // The shell has not come to it yet.
    if (task.length === 0 && isAlive(this.pid)) setTimeout(() => this.interrupt(), 20);
  }

  kill(): void {
    killAll(processesOf(this.pid, this.folder), 'SIGKILL');
  }
}

function exitCode(file: string): number | undefined {
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
}

function isExecutable(command: string, searched: string): boolean {
  const candidates = command.includes('/')
    ? [command]
    : searched.split(':').map((folder) => path.join(folder, command));
  return candidates.some((file) => {
    try {
      accessSync(file, constants.X_OK);
      return statSync(file).isFile();
    } catch {
      return false;
    }
  });
}
