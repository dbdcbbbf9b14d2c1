/**
 * The code cells of studies/crypto-api, run by a Python with both libraries: OBSERVATORY_TEST_PYTHON, or an environment under .cache.
 * There is no skipping: without such a Python nobody knows whether participants can start.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Document } from '../../src/studies/document.js';
import { readStudy, type Condition } from '../../src/studies/read.js';
import { asymmetricSolutions, RETURNS_ITS_INPUT, symmetricSolutions } from './study-solutions.js';

const run = promisify(execFile);

interface CellResult {
  printed: string;
  error: string | null;
}

/** Runs the cells one after another in one namespace, as a kernel does, and goes on after an error. */
const RUN_CELLS = `
import contextlib, io, json, sys, traceback
namespace, results = {"__name__": "__main__"}, []
for source in json.loads(sys.argv[1]):
    printed, error = io.StringIO(), None
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            exec(compile(source, "<cell>", "exec"), namespace)
        except BaseException:
            error = traceback.format_exc()
    results.append({"printed": printed.getvalue(), "error": error})
print(json.dumps(results))
`;

async function hasLibraries(python: string): Promise<boolean> {
  return run(python, ['-I', '-c', 'import cryptography, nacl']).then(
    () => true,
    () => false,
  );
}

/** Environments lie at most two folders deep in the cache. */
async function cachedPythons(): Promise<string[]> {
  const foldersIn = async (folder: string): Promise<string[]> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    return entries.filter((entry) => entry.isDirectory()).map((entry) => path.join(folder, entry.name));
  };
  const outer = await foldersIn('.cache');
  const inner = await Promise.all(outer.map(foldersIn));
  return [...outer, ...inner.flat()].map((folder) => path.join(folder, 'bin', 'python'));
}

async function findPython(): Promise<string> {
  const given = process.env.OBSERVATORY_TEST_PYTHON;
  if (given) {
    assert.ok(await hasLibraries(given), `OBSERVATORY_TEST_PYTHON=${given} cannot import cryptography and nacl`);
    return given;
  }
  for (const python of await cachedPythons()) {
    if (await hasLibraries(python)) return python;
  }
  return assert.fail('set OBSERVATORY_TEST_PYTHON to a Python that has what instance/requirements.txt lists');
}

function codeOf(document: Document, wanted: (cell: string) => boolean = () => true): string[] {
  return document.tasks.flatMap(({ cells }) =>
    cells.flatMap((cell) => (cell.type === 'code' && wanted(cell.id) ? [cell.source] : [])),
  );
}

describe('starter code of studies/crypto-api', function () {
  this.timeout(60_000);
  let python: string;
  let conditions: readonly Condition[];

  async function printedBy(sources: string[]): Promise<string[]> {
    const { stdout } = await run(python, ['-I', '-c', RUN_CELLS, JSON.stringify(sources)]);
    const results = JSON.parse(stdout) as CellResult[];
    for (const { error } of results) assert.equal(error, null);
    return results.map(({ printed }) => printed.trim());
  }

  /** What the check cell of a task prints after the given solution has run. */
  async function checked(task: 'symmetric' | 'asymmetric', solution: string): Promise<string> {
    const [check] = codeOf(conditions[0]!.document, (id) => id === `${task}-5`);
    return (await printedBy([solution, check!]))[1]!;
  }

  before(async () => {
    python = await findPython();
    ({ conditions } = await readStudy('studies/crypto-api'));
  });

  it('runs in each condition as it is given: every cell prints something, and every task is not solved yet', async () => {
    for (const { name, document } of conditions) {
      const printed = await printedBy(codeOf(document));
      assert.equal(printed.length, 5, name);
      assert.match(printed[0]!, /^Python 3\.\d+\.\d+ with (cryptography|PyNaCl) \d+\.\d+/);
      for (const task of [1, 3]) {
        assert.match(printed[task]!, /^(cryptography|nacl) \d\S* is imported, three functions are defined$/);
        assert.match(printed[task + 1]!, /^not solved yet: generate_key(_pair)? returned None/);
      }
    }
  });

  it('says which cell is to be run first when a check is run on its own', async () => {
    for (const task of ['symmetric', 'asymmetric'] as const) {
      assert.match(await checked(task, ''), /^not solved yet: run the cell above, it defines generate_key/);
    }
  });

  for (const library of ['cryptography', 'pynacl'] as const) {
    it(`can be solved with ${library}, and the checks see it`, async () => {
      assert.match(await checked('symmetric', symmetricSolutions[library]), /^solved: /);
      assert.match(await checked('asymmetric', asymmetricSolutions[library]), /^solved: /);
    });
  }

  it('is not taken for solved when nothing is encrypted', async () => {
    assert.match(await checked('symmetric', RETURNS_ITS_INPUT), /^not solved yet: encrypt returned the text as it was/);
    assert.match(await checked('asymmetric', RETURNS_ITS_INPUT), /^not solved yet: encrypt_for returned the message/);
  });
});
