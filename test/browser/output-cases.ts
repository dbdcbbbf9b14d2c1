/** Each kind of output: the Python that makes it, how the page must show it, and what Postgres must hold of it. */
import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { eventually } from './running-platform.js';

export interface OutputCase {
  readonly cell: string;
  readonly code: string;
  /** Looks at the output on the page. */
  readonly shows: (output: Locator) => Promise<void>;
  /** The stored outputs, each in a line as `inWords` has it. */
  readonly stored: readonly string[];
}

/** A stored output in one line. */
export function inWords(output: Readonly<Record<string, unknown>>): string {
  if (output['output_type'] === 'stream') return `${String(output['name'])} ${JSON.stringify(output['text'])}`;
  if (output['output_type'] === 'error') return `error ${String(output['ename'])}: ${String(output['evalue'])}`;
  const data = output['data'] as Record<string, unknown>;
  return `${String(output['output_type'])} ${Object.keys(data).sort().join(' ')}`;
}

export const outputCases: readonly OutputCase[] = [
  {
    cell: 'streams',
    code: `import sys
print("plain \\x1b[31mred\\x1b[0m \\x1b[1;38;5;33mbold\\x1b[0m \\x1b[42mground\\x1b[0m <b>&amp;", flush=True)
print("warned", file=sys.stderr)`,
    shows: async (output) => {
      const printed = output.locator('.terminal.stdout');
      assert.equal(await printed.innerText(), 'plain red bold ground <b>&amp;\n');
      assert.equal(await output.locator('.terminal.stderr').innerText(), 'warned\n');
      const plain = await styleOf(printed);
      const [red, bold, ground] = await Promise.all(
        ['red', 'bold', 'ground'].map((text) => styleOf(printed.getByText(text, { exact: true }))),
      );
      assert.notEqual(red!.color, plain.color);
      assert.ok(![plain.color, red!.color].includes(bold!.color));
      assert.equal(bold!.weight, '600');
      assert.notEqual(ground!.background, plain.background);
    },
    stored: [
      'stdout "plain \\u001b[31mred\\u001b[0m \\u001b[1;38;5;33mbold\\u001b[0m \\u001b[42mground\\u001b[0m <b>&amp;\\n"',
      'stderr "warned\\n"',
    ],
  },
  {
    cell: 'error',
    code: 'def deeper(number):\n    return 1 / number\n\ndeeper(0)',
    shows: async (output) => {
      const text = await output.locator('.terminal.error').innerText();
      assert.match(
        text,
        /^-+\s+ZeroDivisionError +Traceback[\s\S]*deeper\(0\)[\s\S]*return 1 \/ number[\s\S]*division by zero$/,
      );
      assert.doesNotMatch(text, /\x1b/);
      assert.ok((await output.locator('.terminal.error [class*=ansi-]').count()) > 3);
    },
    stored: ['error ZeroDivisionError: division by zero'],
  },
  {
    cell: 'html',
    code: `class Prices:
    def _repr_html_(self):
        return """<table><thead><tr><th></th><th>price</th></tr></thead>
<tbody><tr><th>tea</th><td>2.50</td></tr><tr><th>coffee</th><td>3.10</td></tr></tbody></table>"""

Prices()`,
    shows: async (output) => {
      assert.deepEqual(await output.locator('.html td').allInnerTexts(), ['', '2.50', '3.10']);
      assert.deepEqual(await output.locator('.html th').allInnerTexts(), ['price', 'tea', 'coffee']);
    },
    stored: ['execute_result text/html text/plain'],
  },
  {
    cell: 'markdown',
    code: 'from IPython.display import Markdown\nMarkdown("## Result\\n\\n**two** of *three*, $x^2$\\n\\n- `first`\\n- second")',
    shows: async (output) => {
      assert.equal(await output.locator('h2').innerText(), 'Result');
      assert.deepEqual(await output.locator('strong, em, li').allInnerTexts(), ['two', 'three', 'first', 'second']);
      await output.locator('math msup').waitFor();
    },
    stored: ['execute_result text/markdown text/plain'],
  },
  {
    cell: 'latex',
    code: 'from IPython.display import Latex\nLatex(r"$$\\frac{1}{n}\\sum_{i=1}^{n} x_i$$")',
    shows: async (output) => {
      await output.locator('math[display=block] mfrac').first().waitFor();
      assert.doesNotMatch(await output.innerText(), /\$|\\frac/);
    },
    stored: ['execute_result text/latex text/plain'],
  },
  {
    cell: 'svg',
    code: `from IPython.display import SVG
SVG('<svg xmlns="http://www.w3.org/2000/svg" width="90" height="40"><circle cx="20" cy="20" r="18" fill="teal"/><rect x="50" y="4" width="32" height="32" fill="orange"/></svg>')`,
    shows: (output) => isPicture(output, [90, 40]),
    stored: ['execute_result image/svg+xml text/plain'],
  },
  {
    cell: 'png',
    code: `import struct, zlib
from IPython.display import Image
def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
rows = b"".join(b"\\0" + bytes(part for x in range(120) for part in (2 * x, 4 * y, 160)) for y in range(50))
png = b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 120, 50, 8, 2, 0, 0, 0))
Image(png + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))`,
    shows: (output) => isPicture(output, [120, 50]),
    stored: ['execute_result image/png text/plain'],
  },
  {
    cell: 'json',
    code: 'from IPython.display import JSON\nJSON({"name": "Ada", "numbers": [1, 2.5, None], "nested": {"deep": True}})',
    shows: async (output) => {
      await output.getByText('"Ada"').waitFor();
      const nested = output.locator('summary', { hasText: 'numbers' });
      const one = output.locator('.json-number', { hasText: '2.5' });
      // What is drawn meanwhile above it may move it away between the press and the release of a click.
      await eventually('it is unfolded', async () => {
        if (!(await one.isVisible())) await nested.click();
        return (await one.isVisible()) || undefined;
      });
      await nested.click();
      await one.waitFor({ state: 'hidden' });
    },
    stored: ['execute_result application/json text/plain'],
  },
  {
    cell: 'progress',
    code: `import time
for step in range(0, 101, 5):
    print(f"\\r{step:3} % [{'#' * (step // 5):20}]", end="", flush=True)
    time.sleep(0.01)
print("\\ndone")`,
    shows: (output) => isText(output, `100 % [${'#'.repeat(20)}]\ndone`),
    stored: [`stdout ${JSON.stringify(`100 % [${'#'.repeat(20)}]\ndone\n`)}`],
  },
  {
    cell: 'cleared',
    code: `from IPython.display import clear_output
print("before")
clear_output()
print("between")
clear_output(wait=True)
print("after")`,
    shows: (output) => isText(output, 'after'),
    stored: ['stdout "after\\n"'],
  },
  {
    cell: 'updated',
    code: `from IPython.display import display, update_display
display("old", display_id="own")
shown = display({"still": "old"}, display_id=True)
update_display("new", display_id="own")
shown.update({"now": "new"})`,
    shows: (output) => isText(output, "'new'\n{'now': 'new'}"),
    stored: ['display_data text/plain', 'display_data text/plain'],
  },
];

async function isText(output: Locator, text: string): Promise<void> {
  assert.equal((await output.innerText()).trim().replace(/\n+/g, '\n'), text);
}

interface Picture {
  readonly naturalWidth: number;
  readonly naturalHeight: number;
  decode(): Promise<void>;
}

/** A picture that the browser could read, of that size. */
async function isPicture(output: Locator, size: readonly [number, number]): Promise<void> {
  const sizes = await output
    .locator('img.picture')
    .evaluateAll((images: Picture[]) =>
      Promise.all(images.map((image) => image.decode().then(() => [image.naturalWidth, image.naturalHeight]))),
    );
  assert.deepEqual(sizes, [size]);
}

interface Style {
  readonly color: string;
  readonly background: string;
  readonly weight: string;
}

async function styleOf(text: Locator): Promise<Style> {
  return text.evaluate((element: unknown) => {
    const page = globalThis as unknown as { getComputedStyle(element: unknown): Record<string, string> };
    const style = page.getComputedStyle(element);
    return { color: style['color']!, background: style['backgroundColor']!, weight: style['fontWeight']! };
  });
}
