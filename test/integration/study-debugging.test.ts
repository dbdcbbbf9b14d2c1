/** studies/debugging in both its languages: as it is given each task fails its tests, and solved it passes them. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { Cache } from '../../src/local/cache.js';
import { Cleanup } from '../../src/local/cleanup.js';
import { type LocalInstance, startInstance } from '../../src/local/instance.js';
import { packageRoot } from '../../src/platform/root.js';
import { KernelClient, request } from '../../src/simulate/kernel-client.js';
import { readStudy, type Study } from '../../src/studies/read.js';

const solutions: Readonly<Record<string, string>> = {
  median: `
def median(numbers):
    numbers = sorted(numbers)
    middle = len(numbers) // 2
    return numbers[middle] if len(numbers) % 2 else (numbers[middle - 1] + numbers[middle]) / 2`,
  orders: `
import csv
def totals(path):
    result = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            if row["price"]:
                result[row["customer"]] = result.get(row["customer"], 0) + int(row["amount"]) * float(row["price"])
    return result`,
  tags: `
def tagged(tag, tags=()):
    return list(tags) + ([] if tag in tags else [tag])`,
};

describe('the example study debugging', function () {
  this.timeout(120_000);
  const cleanup = new Cleanup();
  let runDir: string;
  let instance: LocalInstance;
  let kernel: KernelClient;
  let studies: Study[];

  before(async () => {
    runDir = await mkdtemp(path.join(tmpdir(), 'observatory-debugging-'));
    studies = await Promise.all(
      ['debugging', 'debugging-de'].map((id) => readStudy(path.join(packageRoot, 'studies', id))),
    );
  });
  beforeEach(async () => {
    instance = await startInstance({ cache: new Cache(undefined, () => undefined), cleanup, runDir });
  });
  afterEach(async () => {
    kernel?.close();
    await instance.process.stop();
  });
  after(async () => {
    await cleanup.stopAll();
    await rm(runDir, { recursive: true, force: true });
  });

  it('is the same study in both languages: tasks, cells, conditions and programs', () => {
    const [english, german] = studies.map(({ conditions, balancing, caps, notebook, record }) => ({
      ...{ balancing, caps, notebook, record },
      conditions: conditions.map(({ number, name, document, starterFiles }) => ({
        ...{ number, name, files: starterFiles.map(({ path: file }) => file) },
        tasks: document.tasks.map(({ id, kind, minutes, cells }) => ({
          ...{ id, kind, minutes },
          cells: cells.map((cell) => [
            cell.id,
            cell.type,
            cell.type === 'code' && id !== 'introduction' ? cell.source : '',
          ]),
        })),
      })),
    }));
    assert.deepEqual(english, german);
    assert.equal(english!.conditions.length, 12);
  });

  for (const [index, solved, unsolved, wrong] of [
    [0, /^solved: /, /^not solved yet: [1-4] of/, /\n {2}median\(\[4, 1, 3, 2\]\) is 3 instead of 2\.5/],
    [1, /^gelöst: /, /^noch nicht gelöst: [1-4] von/, /\n {2}median\(\[4, 1, 3, 2\]\) ist 3 statt 2\.5/],
  ] as const) {
    it(`has tests that fail at first and pass when the bugs are mended: ${['English', 'German'][index]}`, async () => {
      const condition = studies[index]!.conditions.find(({ factors }) => factors['feedback'] === 'details')!;
      for (const { path: file, text } of condition.starterFiles)
        await request(instance, `files/${file}`, { method: 'PUT', body: text });
      kernel = await KernelClient.start(instance);
      for (const { id, kind, cells } of condition.document.tasks) {
        if (kind !== 'task') continue;
        const [program, tests] = cells.flatMap((cell) => (cell.type === 'code' ? [cell.source] : []));
        await kernel.run(program!);
        const { printed: first } = await kernel.run(tests!);
        assert.match(first, unsolved, id);
        if (id === 'median') assert.match(first, wrong);
        await kernel.run(solutions[id]!);
        assert.match((await kernel.run(tests!)).printed, solved, id);
      }
    });
  }
});
