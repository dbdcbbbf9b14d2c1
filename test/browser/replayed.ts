/** Participants whose work is in the record already, for whoever looks at it afterwards. */
import { ChangeSet } from '@codemirror/state';
import type { Document } from '../../src/studies/document.js';
import { rebuild, type RecordedStep } from '../../src/studies/rebuild.js';
import type { RunningWeb } from '../integration/running-web.js';

export interface Step extends RecordedStep {
  readonly task?: string | null;
  /** Seconds after the one before. */
  readonly after?: number;
}

/** A participant with this record; each step one event, with the times of one page. */
export async function record(web: RunningWeb, id: string, condition: number, steps: readonly Step[]): Promise<void> {
  await web.database.query(
    `insert into participants (id, study_id, token, state, condition, identity, recruitment, consented_at, queued_at, working_at, ended_at, heartbeat_at, last_seq, highest_seq, lost)
     values ($1, 'crypto-api', 'token0000001', 'finished', $2, 'prolific:5f1e0c7a-' || $1, '{"PROLIFIC_PID": "5f1e0c7a", "STUDY_ID": "65a0"}',
       now() - interval '50 min', now() - interval '50 min', now() - interval '49 min', now(), now(), $3, $3, 0)`,
    [id, condition, steps.length],
  );
  let clock = 0;
  for (const [index, { type, cell, task = null, data, after = 1 }] of steps.entries()) {
    clock += after * 1000;
    await web.database.query(
      `insert into events (study_id, participant_id, seq, type, at, received_at, clock, page, task, cell, focus_seconds, data)
       values ('crypto-api', $1, $2, $3, now() - interval '49 min' + make_interval(secs => $4), now(), $5, 'page', $6, $7, $8, $9)`,
      [id, index + 1, type, clock / 1000, clock, task, cell, (clock / 1000) * 0.8, JSON.stringify(data)],
    );
  }
}

/** Letter by letter, as an edit of one event. */
const typed = (cell: string, task: string, before: string, text: string, from = before.length): Step => ({
  ...{ type: 'edit', cell, task, after: 2 },
  data: {
    steps: [...text].map((letter, index) => ({
      clock: index * 40,
      changes: ChangeSet.of([{ from: from + index, insert: letter }], before.length + index).toJSON() as unknown,
      by: 'input.type',
    })),
  },
});

/** Solves the first task of the study, with a paste, an error, and a long pause. */
export async function worker(web: RunningWeb, id: string): Promise<{ document: Document; steps: Step[] }> {
  const { document, number } = web.study.conditions[0]!;
  const task = document.tasks[1]!;
  const cell = task.cells.find(({ type }) => type === 'code')!;
  const at = { cell: cell.id, task: task.id };
  const start = rebuild(document, []).tasks[1]!.cells.find(({ id }) => id === cell.id)!.source;
  const first = '\nimport os\nkey = os.urandom(31)\nprint(len(key))';
  const pasted = '\n# https://example.org/aes 🙂\nfrom cryptography.fernet import Fernet\n';
  const insert = (text: string, before: string): Step => ({
    ...{ type: 'edit', ...at },
    data: {
      steps: [
        {
          clock: 0,
          changes: ChangeSet.of([{ from: 0, insert: text }], before.length).toJSON() as unknown,
          by: 'input.paste',
        },
      ],
    },
  });
  const stream = (text: string) => [{ output_type: 'stream', name: 'stdout', text }];
  const output = (outputs: object[], status: string, executionCount: number): Step => ({
    ...{ type: 'output', ...at },
    data: { outputs, executionCount, status, cut: 0, milliseconds: 40 },
  });
  const traceback = [
    '\u001b[31mValueError\u001b[39m                Traceback (most recent call last)',
    'ValueError: 31 bytes are no key',
  ];
  const whole = start + first;
  const fixed = pasted + whole;
  const steps: Step[] = [
    { type: 'open', cell: null, data: { width: 1280, height: 800, language: 'en', resumed: false } },
    { type: 'start', cell: null, data: { to: 1 }, after: 40 },
    typed(cell.id, task.id, start, first),
    { type: 'run', ...at, data: { source: whole }, after: 4 },
    output(
      [...stream('31\n'), { output_type: 'error', ename: 'ValueError', evalue: '31 bytes are no key', traceback }],
      'error',
      1,
    ),
    { type: 'paste', ...at, data: { characters: pasted.length, text: pasted, own: false }, after: 900 },
    insert(pasted, whole),
    { type: 'run', ...at, data: { source: fixed }, after: 5 },
    output(
      [
        ...stream('31\n'),
        {
          output_type: 'execute_result',
          execution_count: 2,
          metadata: {},
          data: { 'text/html': '<table><tr><th>key</th><td>31</td></tr></table>', 'text/plain': 'key 31' },
        },
      ],
      'ok',
      2,
    ),
    { type: 'next', cell: null, data: { to: 2 }, after: 5 },
    { type: 'finish', cell: null, data: {}, after: 3 },
  ];
  // The clock of the steps follows their event's.
  let clock = 0;
  for (const step of steps) {
    clock += (step.after ?? 1) * 1000;
    const letters = step.type === 'edit' ? (step.data['steps'] as { clock: number }[]) : [];
    letters.forEach((letter, index) => (letter.clock = clock - 1900 + index * 30));
  }
  await record(web, id, number, steps);
  return { document, steps };
}
