import assert from 'node:assert/strict';
import fc from 'fast-check';
import { codeByTask } from '../../src/submit/legacy/getcode.js';
import { highlightPython } from '../../src/submit/legacy/highlight.js';

const code = (tasknum: unknown, source: unknown = 'x = 1') => ({ cell_type: 'code', metadata: { tasknum }, source });

/** What a browser shows of it. */
const shown = (html: string): string =>
  html
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

describe('getcode', () => {
  it('defect 22: takes whole numbers and strings as tasknum, and cells without one for none', () => {
    const notebook = { cells: [code(1), code('2'), code('b'), code(undefined), code(1.5), code(null), code('')] };
    assert.deepEqual(Object.keys(codeByTask(notebook)), ['code1', 'code2', 'codeb']);
  });

  it('defect 22: cells with the same tasknum stand in one text, in their order, and none is overwritten', () => {
    const both = codeByTask({ cells: [code(1, 'a'), code(2, 'b'), code('1', ['c\n', 'd'])] });
    assert.equal(shown(both['code1']!), 'a\n\nc\nd\n\n');
    assert.equal(both['code1']!.split('<div class="highlight">').length, 3);
    assert.equal(shown(both['code2']!), 'b\n\n');
  });

  it('finds no code in what is no notebook', () => {
    for (const other of [null, 'x', 1, [], {}, { cells: 'x' }, { cells: [null, 1, code(1, 5)] }]) {
      assert.deepEqual(codeByTask(other), {});
    }
  });

  it('lets no code out of its text', () => {
    const html = highlightPython(`x = "</pre><script>alert('1')</script>" # <img src=x onerror=alert(1)> &lt;\n<b>`);
    assert.deepEqual([...new Set(html.match(/<\/?[a-z]+/g))].sort(), [
      '</div',
      '</pre',
      '</span',
      '<div',
      '<pre',
      '<span',
    ]);
  });

  it('shows any text as it is, code or not', () => {
    const word = fc.constantFrom(
      'def ',
      'import ',
      '"',
      "'''",
      'f"',
      '{',
      '}',
      '(',
      ')',
      '\\',
      '\n',
      '  ',
      '#',
      '%s',
      '@',
      '1',
    );
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.array(word).map((words) => words.join('')),
    );
    fc.assert(
      fc.property(text, (given) => {
        const trimmed = given.replaceAll(/\r\n?/g, '\n').replace(/^\n+/, '').replace(/\n+$/, '');
        assert.equal(shown(highlightPython(given)), `${trimmed}\n\n`);
      }),
      { numRuns: 2_000 },
    );
  });

  it('shows what is longer than anybody types, but without colours', () => {
    const source = 'print("a")\n'.repeat(90_000);
    const { code1 } = codeByTask({ cells: [code(1, source)] });
    assert.equal(shown(code1!), `${source}\n`);
    assert.equal(code1!.includes('<span class='), false);
  });
});
