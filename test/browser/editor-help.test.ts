/** Completion and explanations in the editor, from real Python. */
import assert from 'node:assert/strict';
import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { publishStudy } from '../../src/participants/study-store.js';
import { packageRoot } from '../../src/platform/root.js';
import { readStudy } from '../../src/studies/read.js';
import { launchBrowser, NotebookPage } from './notebook-page.js';
import { type RunningPlatform, startPlatform } from './running-platform.js';

const CELL = 'introduction-2';
const LIST = '.cm-tooltip-autocomplete';

describe('help in the editor', function () {
  this.timeout(60_000);
  let platform: RunningPlatform;
  let browser: Browser;
  let context: BrowserContext;

  before(async () => {
    platform = await startPlatform(1);
    browser = await launchBrowser(platform);
  });
  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1100, height: 800 } });
  });
  afterEach(() => context.close());
  after(async () => {
    await browser?.close();
    await platform?.stop();
  });

  /** A notebook of a study with or without help, and the questions that its page asks the kernel. */
  async function open(completion: boolean): Promise<{ notebook: NotebookPage; asked: () => string[] }> {
    const study = await readStudy(path.join(packageRoot, 'test/studies/guided'));
    await publishStudy(platform.database, { ...study, notebook: { ...study.notebook, completion } });
    const sent: string[] = [];
    context.on('page', (page) => {
      page.on('websocket', (socket) => {
        socket.on('framesent', ({ payload }) => sent.push(payload.toString()));
      });
    });
    const notebook = await NotebookPage.enter(context, `${platform.stack.publicUrl}/?study=guided`);
    await notebook.kernelIs('idle');
    const asked = (): string[] => sent.flatMap((frame) => /"msg_type":\s*"(\w+_request)"/.exec(frame)?.[1] ?? []);
    return { notebook, asked };
  }

  it('completes a name with Tab, and takes the one that was chosen', async () => {
    const { notebook, asked } = await open(true);
    const { page } = notebook;
    const list = page.locator(LIST);
    await notebook.write(CELL, 'impor');
    await page.keyboard.press('Tab');
    await list.getByRole('option', { name: 'import', exact: true }).waitFor();
    await take(page, 'Enter');
    await page.keyboard.type(' json');
    assert.equal(await notebook.source(CELL), 'import json');
    await notebook.run(CELL);
    await notebook.write(CELL, 'json.dum');
    await page.keyboard.press('Tab');
    await list.waitFor();
    assert.deepEqual(await list.getByRole('option').allInnerTexts(), ['dump', 'dumps']);
    await page.keyboard.press('Escape');
    await list.waitFor({ state: 'detached' });
    assert.equal(await notebook.source(CELL), 'json.dum');
    await page.keyboard.press('Tab');
    await list.waitFor();
    await page.waitForTimeout(200); // the list takes no key at once
    await page.keyboard.press('ArrowDown');
    await take(page, 'Tab');
    assert.equal(await notebook.source(CELL), 'json.dumps');
    assert.equal(asked().filter((type) => type === 'complete_request').length, 3);
  });

  it('explains a name with Shift+Tab, and to the resting mouse', async () => {
    const { notebook } = await open(true);
    const { page } = notebook;
    const help = page.locator('.help');
    await notebook.write(CELL, 'len');
    await page.keyboard.press('Shift+Tab');
    await help.filter({ hasText: 'Return the number of items in a container.' }).waitFor();
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'detached' });
    await notebook.write(CELL, 'def greet(name):\n    "Greets a person."\n');
    await notebook.run(CELL);
    await notebook.write(CELL, 'greet("Ada")');
    await notebook
      .editor(CELL)
      .getByText('greet')
      .hover({ position: { x: 15, y: 8 } });
    await help.filter({ hasText: 'Greets a person.' }).waitFor();
    assert.match(await help.innerText(), /greet\(name\)/);
    await page.mouse.move(5, 5);
    await help.waitFor({ state: 'detached' });
    await notebook.write(CELL, 'no_such_name');
    await page.keyboard.press('Shift+Tab');
    await help.filter({ hasText: 'Nothing is known' }).waitFor();
  });

  it('is not there where the study wants none: Tab indents, and the kernel is not asked', async () => {
    const { notebook, asked } = await open(false);
    const { page } = notebook;
    await notebook.write(CELL, 'len');
    await page.keyboard.press('Tab');
    assert.match(await notebook.source(CELL), /^ *len *$/);
    await page.keyboard.press('Shift+Tab');
    await notebook
      .editor(CELL)
      .getByText('len')
      .hover({ position: { x: 8, y: 8 } });
    await page.waitForTimeout(1500); // more than the mouse has to rest
    assert.equal(await page.locator('.cm-tooltip').count(), 0);
    await notebook.write(CELL, 'print(1)');
    assert.equal(await notebook.run(CELL), '1');
    assert.ok(asked().includes('execute_request'));
    assert.deepEqual(
      asked().filter((type) => /complete|inspect/.test(type)),
      [],
    );
  });
});

/** The list takes keys only when it has been in sight for a moment, so that nobody takes what they did not see. */
async function take(page: Page, key: string): Promise<void> {
  await page.waitForTimeout(200);
  await page.keyboard.press(key);
  await page.locator(LIST).waitFor({ state: 'detached' });
}
