import { nanoseconds, type TaskState } from './types.js';

/** What Nomad tells of a task's life, in its words. */
type TaskEvent = Record<string, unknown>;

const blank: TaskEvent = {
  Details: {},
  DiskLimit: 0,
  DisplayMessage: '',
  DownloadError: '',
  DriverError: '',
  DriverMessage: '',
  ExitCode: 0,
  FailedSibling: '',
  FailsTask: false,
  GenericSource: '',
  KillError: '',
  KillReason: '',
  KillTimeout: 0,
  Message: '',
  RestartReason: '',
  SetupError: '',
  Signal: 0,
  StartDelay: 0,
  TaskSignal: '',
  TaskSignalReason: '',
  ValidationError: '',
  VaultError: '',
};

function event(type: string, display: string, fields: TaskEvent = {}): TaskEvent {
  return { ...blank, ...fields, Type: type, DisplayMessage: display, Time: nanoseconds() };
}

export function newTaskState(): TaskState {
  const unknown = { StartedAt: null, FinishedAt: null, LastRestart: null, TaskHandle: null };
  return { State: 'pending', Failed: false, Restarts: 0, ...unknown, Events: [] };
}

export const received = (): TaskEvent => event('Received', 'Task received by client');

export function setup(): TaskEvent {
  const message = 'Building Task Directory';
  return event('Task Setup', message, { Message: message, Details: { message } });
}

export const started = (): TaskEvent => event('Started', 'Task started by client');

export function killing(timeout: number): TaskEvent {
  const seconds = `${timeout / 1e9}s`;
  const display = `Sent interrupt. Waiting ${seconds} before force killing`;
  return event('Killing', display, { KillTimeout: timeout, Details: { kill_timeout: seconds } });
}

export const killed = (): TaskEvent => event('Killed', 'Task successfully killed');

/** A code above 128 is taken for a signal, as shells tell it. */
export function terminated(exitCode: number): TaskEvent {
  const signal = exitCode > 128 ? exitCode - 128 : 0;
  const display = signal === 0 ? `Exit Code: ${exitCode}` : `Exit Code: ${exitCode}, Signal: ${signal}`;
  const details = { exit_code: String(exitCode), signal: String(signal), oom_killed: 'false' };
  return event('Terminated', display, { ExitCode: exitCode, Signal: signal, Details: details });
}

export function failedRestoring(): TaskEvent {
  return event('Failed Restoring Task', 'failed to restore task; will not run until server is contacted');
}

export function notRestarting(): TaskEvent {
  const reason = 'Policy allows no restarts';
  const details = { restart_reason: reason, fails_task: 'true' };
  return event('Not Restarting', reason, { RestartReason: reason, FailsTask: true, Details: details });
}

export function failedValidation(reason: string): TaskEvent {
  return event('Failed Validation', reason, { ValidationError: reason, Details: { validation_error: reason } });
}

export function driverFailure(reason: string): TaskEvent {
  return event('Driver Failure', reason, { DriverError: reason, Details: { driver_error: reason } });
}
