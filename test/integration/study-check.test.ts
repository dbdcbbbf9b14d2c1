/** `study check` runs the code that participants get, in a real instance. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { runStarterCode } from '../../src/cli/study-run.js';
import { packageRoot } from '../../src/platform/root.js';
import { readStudy } from '../../src/studies/read.js';
import { describeFailures } from '../../src/studies/starter-code.js';
import { fruitFiles, fruitStudy, removeStudies, writeStudy, type RawStudy } from '../unit/studies-support.js';

describe('the code of a study', function () {
  this.timeout(120_000);
  after(removeStudies);

  async function failuresOf(change: (study: RawStudy) => unknown, files: Record<string, string>, seconds = 60) {
    const raw = fruitStudy();
    change(raw);
    const study = await readStudy(await writeStudy(raw, { ...fruitFiles, ...files }));
    const { failures } = await runStarterCode(study, { seconds, progress: () => undefined });
    return describeFailures(failures, study.conditions.length);
  }
  const cells = (study: RawStudy, ...given: object[]) => Object.assign(study.tasks[2]!, { cells: given });

  it('runs in all conditions of the example', async () => {
    const study = await readStudy(path.join(packageRoot, 'studies/crypto-api'));
    const { failures, cells: run } = await runStarterCode(study, { seconds: 60, progress: () => undefined });
    assert.deepEqual(failures, []);
    assert.equal(run, 20);
  });

  it('is told with cell, file, line and error, and the conditions in which it fails', async () => {
    const found = await failuresOf((study) => cells(study, { code: 'slice.py' }, { code: 'call.py' }), {
      'peel-apple.py': 'import sys\nprint(sys.nothing)\n',
      'peel-orange.py': 'print(1\nprint(2)\n',
      'slice.py': 'def slice():\n    return 1 / 0\n',
      'call.py': '\nslice()\n',
    });
    assert.deepEqual(found.slice(0, 1), [
      'peel-apple.py:2: AttributeError: module \'sys\' has no attribute \'nothing\' (task peel, cell peel-2, in condition "apple, peel first" and "apple, slice first")',
    ]);
    assert.match(
      found[1]!,
      /^call\.py: ZeroDivisionError: division by zero, raised at slice\.py:2 \(task slice, cell slice-2\)$/,
    );
    assert.match(found[2]!, /^peel-orange\.py:1: SyntaxError: .* \(task peel, cell peel-2, in condition "orange/);
    assert.equal(found.length, 3);
  });

  it('may be meant to fail, may ask, finds its files, and begins anew with each condition', async () => {
    const found = await failuresOf(
      (study) => {
        study.files = [{ path: 'data.txt', file: 'data-%fruit%.txt' }];
        cells(study, { code: 'fails.py', expect: 'error' }, { code: 'asks.py' }, { code: 'opens.py' });
      },
      {
        'data-apple.txt': 'apple',
        'data-orange.txt': 'orange',
        'fails.py': 'raise ValueError("find me")',
        'asks.py': 'name = input("Name?")',
        'opens.py':
          'import os\nassert "seen" not in globals() and not os.path.exists("left")\nseen = True\nopen("left", "w").close()\n' +
          'assert open("data.txt").read() == "%fruit%", open("data.txt").read()',
      },
    );
    assert.deepEqual(found, []);
  });

  it('that was expected to fail, never ends or takes all memory, is told', async () => {
    const found = await failuresOf(
      (study) => {
        study.conditions = { fruit: ['apple', 'orange'] };
        cells(study, { code: 'fails.py', expect: 'error' });
      },
      {
        'peel-apple.py': 'while True: pass',
        'peel-orange.py': 'import os; os._exit(1)',
        'fails.py': 'pass',
      },
      3,
    );
    assert.deepEqual(found, [
      'peel-apple.py: does not end within 3 s (task peel, cell peel-2, in condition "apple")',
      'peel-orange.py: Python ended (task peel, cell peel-2, in condition "orange")',
    ]);
    const fails = await failuresOf((study) => cells(study, { code: 'fails.py', expect: 'error' }), { 'fails.py': '' });
    assert.deepEqual(fails, [
      'fails.py: runs without an error, and study.yaml says `expect: error` (task slice, cell slice-1)',
    ]);
  });
});
