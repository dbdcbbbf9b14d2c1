import assert from 'node:assert/strict';
import type { Document } from '../../src/studies/document.js';
import { originalSteps } from '../../src/submit/legacy/original-steps.js';
import { letterOfEvent, readings, statusLetters, stepOfLetter } from '../../src/submit/legacy/status.js';
import { taskNumbers } from '../../src/submit/legacy/task-numbers.js';

const task = (id: string, kind: 'introduction' | 'task' | 'closing') => ({ id, title: id, kind, cells: [] });
const document: Document = {
  tasks: [task('welcome', 'introduction'), task('b', 'task'), task('a', 'task'), task('bye', 'closing')],
};

describe("the original's letters and times", () => {
  it('defect 24: a letter means what its version meant by it', () => {
    const meanings = readings.map((reading) =>
      statusLetters.map((letter) => `${letter} ${stepOfLetter(letter, reading)}`).join(', '),
    );
    assert.deepEqual(meanings, [
      'b start, r run, n skip, s next, f finish',
      'b start, r run, n next, s skip, f finish',
    ]);
  });

  it('gives our events the letters of main, and no letter to what the original did not have', () => {
    const kinds = ['start', 'run', 'next', 'skip', 'finish', 'time-up', 'edit', 'open', 'paste'] as const;
    assert.deepEqual(
      kinds.map((kind) => letterOfEvent(kind) ?? '-'),
      ['b', 'r', 's', 'n', 'f', '-', '-', '-', '-'],
    );
  });

  it('defect 24: numbers the tasks as this participant has them, and keeps their ids beside it', () => {
    assert.deepEqual(Object.fromEntries(taskNumbers(document)), { welcome: 0, b: 1, a: 2, bye: 3 });
  });

  it('computes focusTime and execTime as the original did: since the page was loaded, by task number', () => {
    const event = (seq: number, type: 'open' | 'start' | 'run' | 'skip' | 'finish', more: object) => ({
      ...{ seq, type, at: '2026-11-24T12:00:00.900Z', page: 'one', task: 'b', focusSeconds: 0, ...more },
    });
    const events = [
      event(1, 'open', { task: null }),
      event(2, 'start', { task: 'welcome', focusSeconds: 3.4 }),
      event(3, 'run', { focusSeconds: 10.5 }),
      event(4, 'run', { at: '2026-11-24T13:00:05+01:00', focusSeconds: 12.9 }),
      event(5, 'run', { task: 'a', at: '2026-12-01T00:00:00Z', focusSeconds: 13 }),
      event(6, 'open', { page: 'two', focusSeconds: 0 }),
      event(7, 'run', { page: 'two', focusSeconds: 0.6 }),
      event(8, 'finish', { page: 'two', focusSeconds: 1 }),
    ];
    const [first, second] = ['Tue, 24 Nov 2026 12:00:00 GMT', 'Tue, 24 Nov 2026 12:00:05 GMT'] as const;
    const third = 'Tue, 01 Dec 2026 00:00:00 GMT';
    assert.deepEqual(
      originalSteps(events, taskNumbers(document)).map(({ seq, status, time }) => [
        ...[seq, status, time.focusTime],
        JSON.parse(time.execTime) as unknown,
      ]),
      [
        [2, 'b', 3, {}],
        [3, 'r', 10.5, { 1: [first] }],
        [4, 'r', 12.5, { 1: [first, second] }],
        [5, 'r', 13, { 1: [first, second], 2: [third] }],
        [7, 'r', 0.5, { 1: [first] }],
        [8, 'f', 1, { 1: [first] }],
      ],
    );
  });
});
