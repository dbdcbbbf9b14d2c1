/** Study folders for tests: a good one in memory, written changed or unchanged to a folder that is removed afterwards. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { readStudy } from '../../src/studies/read.js';
import { StudyError } from '../../src/studies/study-error.js';

export interface RawStudy extends Record<string, unknown> {
  conditions: Record<string, unknown>;
  texts: Record<string, unknown>;
  exitSurvey: Record<string, unknown>;
  tasks: Record<string, unknown>[];
}

export function fruitStudy(): RawStudy {
  return {
    id: 'fruit',
    title: 'How people peel fruit',
    language: 'en',
    values: { contact: 'Ada' },
    conditions: {
      fruit: [
        { name: 'apple', values: { tool: 'knife' } },
        { name: 'orange', values: { tool: 'hands' } },
      ],
      first: [
        { name: 'peel', label: 'peel first', order: ['peel', 'slice'] },
        { name: 'slice', label: 'slice first', order: ['slice', 'peel'] },
      ],
    },
    texts: { intro: 'intro.md', consent: 'consent.md', howTo: 'how-to.md' },
    exitSurvey: { url: 'https://survey.example/fruit' },
    tasks: [
      { id: 'welcome', title: 'Welcome', kind: 'introduction', cells: [{ markdown: 'welcome.md' }] },
      { id: 'peel', title: 'Peel the %fruit%', cells: [{ markdown: 'peel.md' }, { code: 'peel-%fruit%.py' }] },
      { id: 'slice', title: 'Slice', cells: [{ id: 'slicer', code: 'slice.py', runnable: false }] },
      { id: 'bye', title: 'Bye', kind: 'closing', cells: [{ markdown: 'bye.md' }] },
    ],
  };
}

export const fruitFiles: Readonly<Record<string, string>> = {
  'intro.md': 'Welcome. %contact% is %unknown%.\n',
  'consent.md': '<b>bold</b> [site](https://example.org) [bad](javascript:alert(1))\n',
  'how-to.md': 'Peel.\n',
  'welcome.md': 'Hello\r\nyou\r\n',
  'peel.md': 'Peel the %fruit% with your %tool%, says %contact%. 100%fruit% %nothing% %\n',
  'peel-apple.py': 'print("apple %s" % 1)\n',
  'peel-orange.py': 'print("orange")\n',
  'slice.py': 'slice()\n',
  'bye.md': 'Bye\n',
};

const folders: string[] = [];

export async function writeStudy(
  study: RawStudy | string,
  files: Readonly<Record<string, string | Buffer>> = fruitFiles,
): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'observatory-study-'));
  folders.push(folder);
  const yaml = typeof study === 'string' ? study : stringify(study, { aliasDuplicateObjects: false });
  for (const [file, content] of Object.entries({ 'study.yaml': yaml, ...files })) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), content);
  }
  return folder;
}

export async function removeStudies(): Promise<void> {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
}

/** All that is said about a study that is refused. */
export async function problemsOf(folder: string): Promise<string[]> {
  const error = await readStudy(folder).then(
    () => assert.fail('the study was accepted'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof StudyError, String(error));
  for (const { message } of error.problems) assert.ok(error.message.includes(message));
  return error.problems.map(({ file, path: where, message }) => `${file} ${where}: ${message}`);
}
