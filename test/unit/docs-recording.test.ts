import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { EditorState } from '@codemirror/state';
import fc from 'fast-check';
import { z } from 'zod';
import { packageRoot } from '../../src/platform/root.js';
import { eventSchema } from '../../src/submit/event.js';

const page = readFileSync(path.join(packageRoot, 'docs/recording.md'), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('| `'));

interface KindSchema {
  readonly properties: { readonly type: { readonly const: string }; readonly data: { readonly anyOf: DataSchema[] } };
}
interface DataSchema {
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** Random changes of random texts, as CodeMirror says them. */
const edited = fc
  .record({
    text: fc.string({ unit: 'binary', maxLength: 12 }),
    places: fc.array(fc.tuple(fc.nat(12), fc.nat(12), fc.string({ unit: 'binary', maxLength: 4 }), fc.boolean())),
  })
  .map(({ text, places }) => {
    const before = EditorState.create({ doc: text });
    const at = (place: number): number => Math.min(place, before.doc.length);
    const specs = places.map(([one, other, letters, newLine]) => ({
      from: at(Math.min(one, other)),
      to: at(Math.max(one, other)),
      insert: before.toText(letters + (newLine ? '\n' : '')),
    }));
    const apart = specs.filter(({ from }, index) => specs.slice(0, index).every(({ to }) => to <= from));
    const { changes, newDoc } = before.update({ changes: apart });
    return { before: before.doc.toString(), changes: changes.toJSON() as unknown, after: newDoc.toString() };
  });

describe('docs/recording.md', () => {
  const { oneOf } = z.toJSONSchema(eventSchema, { unrepresentable: 'any' }) as unknown as { oneOf: KindSchema[] };
  for (const { properties } of oneOf) {
    const kind = properties.type.const;
    it(`tells of ${kind} and all that it carries`, () => {
      const row = rows.find((line) => line.split('|')[1]!.includes(`\`${kind}\``));
      assert.ok(row, `no row for ${kind}`);
      for (const field of Object.keys(properties.data.anyOf[0]?.properties ?? {})) {
        assert.ok(row.includes(`\`${field}\``), `${field} of ${kind}`);
      }
    });
  }

  it('has a Python function that does what the editor did', () => {
    const script = /```python\n([\s\S]*?)```/.exec(page)![1]!;
    const cases = fc.sample(edited, 300);
    const input = JSON.stringify(cases.map(({ before, changes }) => [before, changes]));
    const ask = `${script}\nimport json, sys\nprint(json.dumps([apply(text, changes) for text, changes in json.load(sys.stdin)]))`;
    const python = process.env['OBSERVATORY_TEST_PYTHON'] ?? 'python3';
    const told = JSON.parse(execFileSync(python, ['-c', ask], { input, encoding: 'utf8' })) as string[];
    assert.deepEqual(
      told,
      cases.map(({ after }) => after),
    );
  });
});
