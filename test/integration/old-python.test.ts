/** What the old addresses hand out, against the Python tools that the original used: Pygments and nbformat. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { packageRoot } from '../../src/platform/root.js';
import type { CodeCell, Document, Output } from '../../src/studies/document.js';
import { readStudy } from '../../src/studies/read.js';
import { highlightPython } from '../../src/submit/legacy/highlight.js';
import { toNotebook } from '../../src/studies/nbformat.js';
import { asymmetricSolutions, RETURNS_ITS_INPUT, symmetricSolutions } from './study-solutions.js';

function python(program: string, input: unknown): unknown {
  const command = process.env.OBSERVATORY_TEST_PYTHON;
  if (command === undefined) throw new Error('run the tests by `npm test`: it gives OBSERVATORY_TEST_PYTHON');
  const options = { input: JSON.stringify(input), encoding: 'utf8', stdio: 'pipe' } as const;
  return JSON.parse(execFileSync(command, ['-I', '-c', program], options));
}

const PYGMENTS = `
import json, sys
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
print(json.dumps([highlight(code, PythonLexer(), HtmlFormatter()) for code in json.load(sys.stdin)]))
`;

const VALIDATE = `
import json, sys
import nbformat
notebooks = json.load(sys.stdin)
for notebook in notebooks:
    nbformat.validate(nbformat.from_dict(notebook), version=4, version_minor=5)
print(json.dumps(len(notebooks)))
`;

/** Every kind of token that participants' code has. */
const ALL_KINDS = `#!/usr/bin/env python3
"""What it does.
Two lines."""
import os, sys as system, a.b.c
from .keys import make as make_key, print
from . import (x)

@functools.cache
class Box(Base, metaclass=Meta):
    '''A box.'''
    limit: int = 0x1F + 0b11 + 0o17 + 1_000 + 3j

    def __init__(self, key: bytes = b"\\x00\\n", *args, **more) -> None:
        self.key, self.print = key, f"{key!r:>{width}} {{}} {more=}" + rb"\\d".decode()
        if not key or len(key) < 1.5e3 and key is not None: raise ValueError("bad %s: {}" % key) from None

async def run(q):
    async with q as (a, b): await a
    async for i in q: yield i
    while (n := next(q)) != ...: n **= ~2 @ n >> 1
    try: del q[1:2]
    except* KeyError as error: assert False, error
    finally: pass

é = lambda self: "Zoë 😀" if __name__ == "__main__" else 'it\\'s %5.2f {0.name}'  # done
global k
raise x from error
`;

/** Pygments marks some spaces; and escapes quotes or not, as its version is. */
function comparable(html: string): string {
  const spaces = html.replaceAll(/<span class="w">([^<]*)<\/span>/g, '$1').replaceAll(/\s+<\/span>/g, '</span>');
  return spaces.replaceAll('&quot;', '"').replaceAll('&#39;', "'");
}

describe('the old addresses and Python', function () {
  this.timeout(120_000);
  let documents: Document[];
  before(async () => {
    const study = await readStudy(path.join(packageRoot, 'studies/crypto-api'));
    documents = study.conditions.map(({ document }) => document);
  });
  const codeCells = () =>
    documents.flatMap(({ tasks }) => tasks.flatMap(({ cells }) => cells.filter((cell) => cell.type === 'code')));

  it('highlights as Pygments does: the same text in the same classes', () => {
    const solutions = [...Object.values(symmetricSolutions), ...Object.values(asymmetricSolutions), RETURNS_ITS_INPUT];
    const codes = [ALL_KINDS, ...solutions, ...codeCells().map(({ source }) => source)];
    const theirs = python(PYGMENTS, codes) as string[];
    assert.ok(codes.length > 20);
    for (const [index, code] of codes.entries()) {
      assert.equal(comparable(highlightPython(code)), comparable(theirs[index]!));
    }
    const classes = new Set(
      theirs
        .join('')
        .match(/class="\w+/g)
        ?.map((found) => found.slice('class="'.length)),
    );
    for (const kind of [
      'k',
      'kn',
      'nn',
      'nf',
      'nc',
      'nb',
      's1',
      's2',
      'sd',
      'mi',
      'mf',
      'mh',
      'c1',
      'o',
      'ow',
      'p',
      'se',
    ]) {
      assert.ok(classes.has(kind), kind);
    }
  });

  it('loses no letter of code that is not finished yet', () => {
    const codes = Array.from({ length: 100 }, (_, index) => ALL_KINDS.slice(0, 11 * index));
    const text = (html: string): string => comparable(html).replaceAll(/<[^>]*>/g, '');
    assert.deepEqual(
      codes.map((code) => text(highlightPython(code))),
      (python(PYGMENTS, codes) as string[]).map(text),
    );
  });

  it('hands out valid notebooks of nbformat 4.5, whatever a kernel put out', () => {
    const outputs: Output[] = [
      { output_type: 'stream', name: 'stdout', text: 'ä\n' },
      {
        output_type: 'display_data',
        data: { 'text/plain': 'x', 'application/json': { a: [1] } },
        metadata: {},
        transient: {},
      },
      {
        output_type: 'execute_result',
        data: { 'text/html': ['two\n', 'lines'], 'image/png': 5 },
        metadata: {},
        execution_count: 3,
      },
      { output_type: 'error', ename: 'E', evalue: '', traceback: ['\u001b[31mE'], engine: 1 },
      { output_type: 'update_display_data', data: {} },
      { output_type: 'stream', text: 5 },
    ];
    const withOutputs = structuredClone(documents[0]!);
    const cell = withOutputs.tasks[0]!.cells.find((one): one is CodeCell => one.type === 'code')!;
    Object.assign(cell, { outputs, executionCount: 3 });
    const notebooks = [...documents, withOutputs].map(toNotebook);
    assert.equal(python(VALIDATE, notebooks), documents.length + 1);
    const first = notebooks[0]!.cells[0] as { metadata: object };
    assert.deepEqual(first.metadata, { tasknum: 0, runnable: false });
    assert.throws(() => python(VALIDATE, [{ ...notebooks[0], cells: [{}] }]));
  });
});
