/** The example studies/apples: each of its nine conditions is played once, and its code says what it should. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/platform/root.js';
import type { Report } from '../../src/simulate/report.js';
import { readStudy, type Study } from '../../src/studies/read.js';

const command = promisify(execFile);

/** What goes where the task says "Write your code here". */
const solutions: Readonly<Record<string, string>> = {
  count: 'return {weight: weights.count(weight) for weight in weights}',
  price: 'return number * 40 if number < 10 else number * 36',
  sort: 'for w in weights: boxes["small" if w < 150 else "large" if w >= 200 else "medium"].append(w)',
};

const printed = async (source: string): Promise<string> =>
  (await command(process.env['OBSERVATORY_TEST_PYTHON'] ?? 'python3', ['-I', '-c', source])).stdout;

describe('the example study apples', function () {
  this.timeout(300_000);
  let study: Study;
  before(async () => {
    study = await readStudy(path.join(packageRoot, 'studies', 'apples'));
  });

  it('has three conditions in the three orders of a Latin square, and introduces the tasks in the order of each', () => {
    assert.deepEqual(
      study.conditions.map(({ name }) => name),
      ['123', '231', '312'].flatMap((order) => ['Apples', 'Bananas', 'Oranges'].map((fruit) => `${fruit}, ${order}`)),
    );
    const [welcome] = study.conditions[4]!.document.tasks;
    assert.match(
      welcome!.cells[0]!.source,
      /sells bananas .*\n\n1\. Say what some bananas cost.*\n2\. Sort bananas.*\n3\. Count how often/,
    );
    for (const { document } of study.conditions) assert.doesNotMatch(JSON.stringify(document), /%[A-Za-z]/);
  });

  it('says of code as it is given that something is missing, and of a solution that it is one', async () => {
    const { document } = study.conditions[0]!;
    for (const [id, solution] of Object.entries(solutions)) {
      const { source } = document.tasks.find((task) => task.id === id)!.cells[1]!;
      assert.match(await printed(source), /^not solved yet: /, id);
      assert.match(await printed(source.replace('# Write your code here.', solution)), /^solved: all apples /, id);
    }
  });

  it('is played by nine bots, one in each condition, one of them in a browser', async () => {
    const who = [
      'simulate',
      '--study',
      'apples',
      '--participants',
      '9',
      '--browser',
      '1',
      '--arrivals',
      'burst',
      '--json',
    ];
    const { stdout } = await command(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...who], {
      cwd: packageRoot,
    });
    const report = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as Report;
    assert.deepEqual(report.problems, []);
    assert.deepEqual([report.events.lost, report.doubled, report.leaked], [0, 0, 0]);
    assert.ok(report.imbalance! <= 1);
  });
});
