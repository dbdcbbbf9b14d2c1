/** `study new`, as somebody without a study would use it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { runStarterCode } from '../../src/cli/study-run.js';
import { askAll, type Question } from '../../src/cli/questions.js';
import { packageRoot } from '../../src/platform/root.js';
import { readStudy } from '../../src/studies/read.js';
import { remarks } from '../../src/studies/remarks.js';
import { listStudyFiles } from '../../src/studies/study-files.js';

describe('observatory study new', function () {
  this.timeout(120_000);
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'observatory-new-'));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  async function study(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
    const main = path.join(packageRoot, 'src/cli/main.ts');
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
    const child = spawn(process.execPath, ['--import', tsx, main, 'study', ...args], {
      cwd: home,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { code: await ended, out, err };
  }

  for (const [title, args, expected] of [
    ['as proposed', [], { id: 'mine', language: 'en', conditions: ['only condition'], tasks: 4 }],
    [
      'in German, with conditions, invitations and a survey elsewhere',
      [
        '--language',
        'de',
        '--conditions',
        'with-help, no',
        '--tasks',
        '3',
        '--entry',
        'invitation',
        '--exit-survey',
        'https://x.org/s',
      ],
      { id: 'mine', language: 'de', conditions: ['with-help', 'no'], tasks: 5 },
    ],
  ] as const) {
    it(`makes a study ${title}, of which nothing is left to mend but its author's names, and whose code runs`, async () => {
      const { code, out, err } = await study('new', 'mine', '--yes', ...args);
      assert.equal(code, 0, err);
      assert.match(out, /The study mine is in mine/);
      const folder = path.join(home, 'mine');
      const made = await readStudy(folder);
      const names = made.conditions.map(({ name }) => name);
      const { id, language, tasks } = made;
      assert.deepEqual({ id, language, conditions: names, tasks: tasks.length }, expected);
      const noted = remarks(made, await listStudyFiles(folder));
      assert.deepEqual(
        noted.map((remark) => remark.split(' ')[0]),
        ['values.contactName', 'values.contactInstitution', 'values.contactEmail'],
      );
      const { failures } = await runStarterCode(made, { seconds: 60, progress: () => undefined });
      assert.deepEqual(failures, []);
      const yaml = await readFile(path.join(folder, 'study.yaml'), 'utf8');
      assert.match(yaml, /^# yaml-language-server: \$schema=study\.schema\.json\n/);
    });
  }

  it('refers to the schema that stands beside other studies', async () => {
    await writeFile(path.join(home, 'study.schema.json'), '{}');
    assert.equal((await study('new', 'mine', '--yes')).code, 0);
    assert.match(await readFile(path.join(home, 'mine/study.yaml'), 'utf8'), /schema=\.\.\/study\.schema\.json\n/);
    assert.ok(!(await readdir(path.join(home, 'mine'))).includes('study.schema.json'));
  });

  it('overwrites nothing, and refuses what cannot be meant', async () => {
    const file = path.join(home, 'precious');
    await writeFile(file, 'mine');
    for (const [args, message] of [
      [['.'], /is not empty, and nothing is overwritten/],
      [['precious'], /precious is a file/],
      [['x', '--tasks', '0'], /tasks: expected a number from 1 to 20, not "0"/],
      [['x', '--conditions', 'a,a'], /conditions: expected none, or two names/],
      [['x', '--name', 'Ä'], /name: expected small letters/],
      [['x', '--exit-survey', 'http://x.org'], /exitSurvey: expected questions, or an address/],
    ] as const) {
      const { code, err } = await study('new', ...args, '--yes');
      assert.equal(code, 1);
      assert.match(err, message);
    }
    assert.deepEqual(await readdir(home), ['precious']);
    assert.equal(await readFile(file, 'utf8'), 'mine');
  });
});

describe('questions at a terminal', () => {
  it('are not asked where the answer is given or nobody is there; a proposal may follow from an answer', async () => {
    type Answers = Record<'a' | 'b', string>;
    const questions: Question<Answers>[] = [
      { id: 'a', ask: 'A', proposed: 'x', accepts: (given) => given !== '', expected: 'something' },
      { id: 'b', ask: 'B', proposed: ({ a }) => `${a}${a}`, accepts: () => true, expected: 'anything' },
    ];
    assert.deepEqual(await askAll<Answers>(questions, { a: 'y' }, true), { a: 'y', b: 'yy' });
    await assert.rejects(askAll<Answers>(questions, { a: '' }, true), /a: expected something, not ""/);
  });
});
