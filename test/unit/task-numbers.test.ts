import assert from 'node:assert/strict';
import type { Document } from '../../src/studies/document.js';
import { taskNumbers } from '../../src/studies/task-numbers.js';

const task = (id: string, kind: 'introduction' | 'task' | 'closing') => ({ id, title: id, kind, cells: [] });
const document: Document = {
  tasks: [task('welcome', 'introduction'), task('b', 'task'), task('a', 'task'), task('bye', 'closing')],
};

describe("the original's task numbers", () => {
  it('defect 24: numbers the tasks as this participant has them, and keeps their ids beside it', () => {
    assert.deepEqual(Object.fromEntries(taskNumbers(document)), { welcome: 0, b: 1, a: 2, bye: 3 });
  });
});
