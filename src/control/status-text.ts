import { styleText } from 'node:util';
import { duration, type PoolStatus, type Status, type StudyStatus } from './status.js';

type Style = 'green' | 'red' | 'yellow' | 'dim' | 'bold';

/** The status as lines for a terminal, problems first. */
export function statusText(status: Status, colours: boolean): string {
  const paint = (style: Style, text: string) => (colours ? styleText(style, text, { validateStream: false }) : text);
  const { problems, pools, studies, unknown, at } = status;
  const well = paint('green', 'All is well.');
  const sections = [
    problems.length === 0 ? [well] : problems.map((problem) => `${paint('red', '✘')} ${problem}`),
    [leaderLine(status), passLine(status), ...drainLine(status).map((line) => paint('yellow', line))],
    [paint('bold', 'Pools'), ...(pools.length === 0 ? ['  none yet'] : table(poolHead, pools.map(poolRow)))],
    [
      paint('bold', 'Participants'),
      ...(studies.length === 0
        ? ['  no study is published']
        : table(
            ['study', 'state', 'with an instance', 'waiting', 'events lost'],
            studies.map(({ study, state, ...counts }) => [study, state, ...countsOf(counts)]),
          )),
    ],
    [paint('dim', `From Postgres alone, ${at.toISOString().slice(0, 19).replace('T', ' ')} UTC. ${unknown.join(' ')}`)],
  ];
  return sections.map((lines) => lines.join('\n')).join('\n\n');
}

const countsOf = ({ working, waiting, lost }: Pick<StudyStatus, 'working' | 'waiting' | 'lost'>): string[] =>
  [working, waiting, lost].map(String);

function leaderLine({ leader, at }: Status): string {
  if (leader === null) return 'Leader     nobody';
  const since = leader.since === null ? '' : `, for ${duration((at.getTime() - leader.since.getTime()) / 1000)}`;
  return `Leader     process ${leader.pid} on ${leader.host}${since}`;
}

function passLine({ lastPass }: Status): string {
  if (lastPass === null) return 'Last pass  never';
  return `Last pass  ${duration(lastPass.ageSeconds)} ago, took ${lastPass.milliseconds} ms: ${actionsText(lastPass.actions)}`;
}

/** Such as "2 dispatch, 1 stop (1 failed)". */
export function actionsText(actions: NonNullable<Status['lastPass']>['actions']): string {
  const byKind = Object.entries(actions).sort(([a], [b]) => a.localeCompare(b));
  const words = byKind.flatMap(([kind, { done, failed }]) => {
    if (failed > 0) return `${done + failed} ${kind} (${failed} failed)`;
    return done > 0 ? `${done} ${kind}` : [];
  });
  return words.length === 0 ? 'nothing to do' : words.join(', ');
}

const drainLine = ({ drained, leader }: Status): string[] =>
  drained
    ? [`Drain      ${leader === null ? 'was' : 'is'} on: no warm instances; \`observatory drain --off\` ends it`]
    : [];

const poolHead = 'profile target ready booting leased retiring failed waiting min–max ceiling'.split(' ');

function poolRow({ min, max, maxInstances, target, ...pool }: PoolStatus): string[] {
  const known = (value: number | null) => (value === null ? '?' : String(value));
  const { profile, ready, booting, leased, retiring, failed, waiting } = pool;
  const counts = [ready, booting, leased, retiring, failed, waiting].map(String);
  return [profile, known(target), ...counts, `${known(min)}–${known(max)}`, known(maxInstances)];
}

/** Words to the left, numbers to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const numeric = head.map((_, column) => rows.every((row) => /^[\d?–]+$/.test(row[column] ?? '')));
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (numeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [head, ...rows].map((cells) => `  ${line(cells)}`);
}
