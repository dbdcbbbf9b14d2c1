/** What programs put out, by real Python in a browser, while they run, after a reload, and in Postgres; and Python's help in the editor. */
import assert from 'node:assert/strict';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { LIMITS } from '../../notebook/cell-outputs.js';
import { complaints } from './complaints.js';
import { Keys } from './keys.js';
import { launchBrowser, NotebookPage } from './notebook-page.js';
import { codeCell, documentOf, type OpenNotebook, openNotebook } from './open-notebook.js';
import { inWords, outputCases } from './output-cases.js';
import { type StoredEvent, StoredRecord } from './record.js';
import { eventually, type RunningPlatform, startPlatform } from './running-platform.js';

/** `OBSERVATORY_PICTURES=docs/images` keeps the pictures there. */
const PICTURES = process.env['OBSERVATORY_PICTURES'];

const OTHERS = {
  exchange: 'update_display("from another cell", display_id="own")',
  answered: 'print("Hello", input("Your name? "), "of", input("From? "))',
  unanswered: 'input("Will you answer? ")',
  loop: 'print("looping", flush=True)\nwhile True: pass',
  endless: 'while True: print("endless " * 20)',
  long: 'for number in range(300): print("line", number)',
  after: 'print("still alive")',
};

describe('the outputs of a program', function () {
  this.timeout(60_000);
  let platform: RunningPlatform;
  let browser: Browser;
  let opened: OpenNotebook;
  let notebook: NotebookPage;
  let page: Page;

  before(async () => {
    platform = await startPlatform(1);
    browser = await launchBrowser(platform);
    const cells = [...outputCases.map(({ cell, code }) => [cell, code] as const), ...Object.entries(OTHERS)];
    opened = await openNotebook(platform, browser, documentOf(cells.map(([cell, code]) => codeCell(cell, code))));
    ({ page } = opened);
    notebook = new NotebookPage(page);
    await notebook.kernelIs('idle');
  });
  after(async () => {
    await browser?.close();
    await platform?.stop();
  });

  /** What Postgres holds of the last run of a cell. */
  async function lastOutput(cell: string): Promise<StoredEvent['data']> {
    await notebook.saved();
    const record = await StoredRecord.of(platform.database, notebook.instance);
    record.checkOrder();
    return record.ofType('output').findLast((event) => event.cell === cell)!.data;
  }

  async function stored(cell: string): Promise<string[]> {
    return ((await lastOutput(cell))['outputs'] as Record<string, unknown>[]).map(inWords);
  }

  for (const { cell, shows, stored: expected } of outputCases) {
    it(`are shown and stored: ${cell}`, async () => {
      await notebook.run(cell);
      await shows(notebook.test(`output-${cell}`));
      assert.deepEqual(await stored(cell), expected);
    });
  }

  it('give axe nothing to complain about, light and dark', async () => {
    // The picture has all in one sight: a screenshot of a longer page has its bars in the middle.
    const height = await page.evaluate<number>('document.documentElement.scrollHeight');
    if (PICTURES) await page.setViewportSize({ width: 1100, height });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      if (PICTURES) await page.screenshot({ path: path.join(PICTURES, `notebook-outputs-${colorScheme}.png`) });
      assert.deepEqual(await complaints(page), []);
    }
    await page.setViewportSize({ width: 1100, height: 800 });
  });

  it('are exchanged by another cell, and recorded as those of the cell that shows them', async () => {
    await notebook.run('exchange');
    // The cell that exchanges is done before the other one has drawn it.
    await notebook.test('output-updated').filter({ hasText: "'from another cell'" }).waitFor();
    assert.match(await notebook.output('updated'), /^'from another cell'/);
    assert.equal(await notebook.output('exchange'), '');
    const outputs = (await lastOutput('updated'))['outputs'] as { data: Record<string, string> }[];
    assert.equal(outputs[0]!.data['text/plain'], "'from another cell'");
  });

  it('go on after questions of the program, which stay in sight with their answers', async () => {
    await notebook.test('run-answered').click();
    for (const [question, answer] of [
      ['Your name? ', 'Ada'],
      ['From? ', 'London'],
    ] as const) {
      await page.getByRole('textbox', { name: question, exact: true }).fill(answer);
      await page.keyboard.press('Enter');
    }
    await notebook.runEnds('answered');
    assert.equal(await notebook.output('answered'), 'Your name? Ada\nFrom? London\nHello Ada of London');
    assert.deepEqual(await stored('answered'), ['stdout "Your name? Ada\\nFrom? London\\nHello Ada of London\\n"']);
  });

  it('end with the interrupt of a question that nobody answered', async () => {
    await notebook.test('run-unanswered').click();
    await notebook.test('input').waitFor();
    await notebook.test('stop').click();
    await notebook.runEnds('unanswered');
    assert.equal(await notebook.test('input').count(), 0);
    assert.match(await notebook.output('unanswered'), /KeyboardInterrupt/);
    assert.match((await stored('unanswered')).at(-1)!, /^error KeyboardInterrupt/);
    assert.equal(await notebook.run('after'), 'still alive');
  });

  it('end with the interrupt of an endless loop', async () => {
    await notebook.test('run-loop').click();
    await notebook.test('output-loop').filter({ hasText: 'looping' }).waitFor();
    await notebook.test('stop').click();
    await notebook.runEnds('loop');
    assert.match(await notebook.output('loop'), /^looping[\s\S]*KeyboardInterrupt/);
    assert.deepEqual((await stored('loop'))[0], 'stdout "looping\\n"');
    assert.equal((await lastOutput('loop'))['status'], 'error');
    assert.equal(await notebook.run('after'), 'still alive');
  });

  it('are cut, marked and stopped where they have no end, on a page that can be worked with', async () => {
    await notebook.test('run-endless').click();
    await notebook.test('output-endless').locator('.output-note').waitFor();
    await notebook.write('after', 'print("written meanwhile")');
    assert.equal(await notebook.source('after'), 'print("written meanwhile")');
    assert.match((await notebook.cell('endless').getAttribute('class'))!, /running/);
    await notebook.runEnds('endless');
    const output = notebook.test('output-endless');
    assert.equal((await output.locator('.terminal.stdout').textContent())!.length, LIMITS.text);
    assert.match(await output.locator('.output-note').innerText(), /^… [\d,]{9,} more characters/);
    assert.match(await output.innerText(), /KeyboardInterrupt[\s\S]*so it was stopped\.\s*$/);
    const { status, cut, outputs } = await lastOutput('endless');
    assert.equal(status, 'error');
    assert.ok((cut as number) > 5_000_000);
    assert.equal((outputs as { text: string }[])[0]!.text.length, LIMITS.text);
    assert.equal(await notebook.run('after'), 'written meanwhile');
  });

  it('are folded when long, and can be read and unfolded with the keyboard', async () => {
    await notebook.run('long');
    const output = notebook.test('output-long');
    const height = async (): Promise<number> => (await output.boundingBox())!.height;
    const folded = await height();
    assert.ok(folded < 450);
    await notebook.editor('long').focus();
    const keys = new Keys(page);
    await keys.goTo('[data-test=output-long]');
    const scrolled = (): Promise<number> => output.evaluate((log: { scrollTop: number }) => log.scrollTop);
    assert.ok((await scrolled()) > 1000, 'the end is in sight');
    await page.keyboard.press('Home');
    await eventually('the beginning is in sight', async () => (await scrolled()) === 0 || undefined);
    await keys.press('[data-test=fold-long]');
    const fold = notebook.test('fold-long');
    assert.equal(await fold.getAttribute('aria-expanded'), 'true');
    assert.ok((await height()) > 5000);
    assert.equal(await keys.focused('[data-test=fold-long]'), true);
    await page.keyboard.press('Enter');
    assert.equal(await fold.getAttribute('aria-expanded'), 'false');
    assert.equal(await height(), folded);
  });

  it('are all there again after a reload', async () => {
    await notebook.saved();
    const outputs = async (): Promise<Record<string, string>> => {
      const found = Object.keys(OTHERS).map(async (cell) => [cell, await notebook.output(cell)] as const);
      return Object.fromEntries(await Promise.all(found));
    };
    const before = await outputs();
    assert.deepEqual(
      Object.keys(before).filter((cell) => before[cell] === ''),
      ['exchange'],
    );
    await page.reload();
    await notebook.kernelIs('idle');
    assert.deepEqual(await outputs(), before);
    assert.match(await notebook.output('updated'), /^'from another cell'/);
    for (const { cell, shows } of outputCases) if (cell !== 'updated') await shows(notebook.test(`output-${cell}`));
  });
});
