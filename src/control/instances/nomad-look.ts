import type { Found, Look, Unknown } from '../../platform/nomad/instance-look.js';
import { lastLines, type LogLines } from './log-lines.js';

/** What the page shows of it: the thing itself, or a sentence that says why not. */
type Shown<T> = { readonly value: T } | { readonly sentence: string };

export interface ShownLook {
  readonly memory: Shown<string>;
  /** Those that have anything; null for whoever may not read what participants' programs write. */
  readonly log: Shown<readonly ({ readonly name: string } & LogLines)[]> | null;
}

export function shownLook({ memory, logs }: Look): ShownLook {
  return { memory: shown(memory, 'read-job', memoryText), log: logs && shownLogs(logs) };
}

function shownLogs(logs: NonNullable<Look['logs']>): NonNullable<ShownLook['log']> {
  const parts = (['stderr', 'stdout'] as const).map((name) => ({
    ...{ name, log: shown(logs[name], 'read-logs', lastLines) },
  }));
  const failed = parts.find(({ log }) => 'sentence' in log)?.log;
  if (failed !== undefined && 'sentence' in failed) return failed;
  return {
    value: parts.flatMap(({ name, log }) =>
      'value' in log && log.value.lines.length > 0 ? { name, ...log.value } : [],
    ),
  };
}

function shown<T, S>(found: Found<T>, capability: string, show: (value: T) => S): Shown<S> {
  return 'value' in found ? { value: show(found.value) } : { sentence: sentenceOf(found.unknown, capability) };
}

function memoryText({ used, limit }: { readonly used: number | null; readonly limit: number }): string {
  const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(bytes === limit ? 0 : 1)} MB`;
  return used === null
    ? `it does not run; it had ${megabytes(limit)}`
    : `${megabytes(used)} of ${megabytes(limit)} in use`;
}

function sentenceOf(unknown: Unknown, capability: string): string {
  switch (unknown.why) {
    case 'silent':
      return `Nomad does not answer now: ${unknown.words}. Participants do not notice; load the page again in a minute.`;
    case 'denied':
      return `Nomad does not let this page see it: the web app's token is unknown to Nomad or lacks ${capability}. Whoever runs this platform finds out with observatory doctor.`;
    case 'gone':
      return 'Nomad has nothing of it: it has not started yet, or has ended and is forgotten.';
    case 'odd':
      return `Nomad answered ${unknown.words}.`;
  }
}
