/** The notebook for everybody: without a mouse, zoomed in, read aloud, light and dark. */
import assert from 'node:assert/strict';
import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { complaints } from './complaints.js';
import { Keys } from './keys.js';
import { launchBrowser, NotebookPage, publishFixture } from './notebook-page.js';
import { StoredRecord } from './record.js';
import { type RunningPlatform, startPlatform } from './running-platform.js';

/** `OBSERVATORY_PICTURES=docs/images` keeps a picture of each state there. */
const PICTURES = process.env['OBSERVATORY_PICTURES'];

describe('the notebook page', function () {
  this.timeout(180_000);
  let platform: RunningPlatform;
  let browser: Browser;
  let context: BrowserContext;
  let link: string;

  before(async () => {
    platform = await startPlatform(2);
    browser = await launchBrowser(platform);
    link = await publishFixture(platform, 'guided');
  });
  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1100, height: 800 } });
  });
  afterEach(() => context.close());
  after(async () => {
    await browser?.close();
    await platform?.stop();
  });

  it('gives axe nothing to complain about, in any state, light and dark', async () => {
    const notebook = await NotebookPage.enter(context, link);
    const { page } = notebook;
    const found: string[] = [];
    const look = async (state: string, on: Page = page): Promise<void> => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await on.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        if (PICTURES) await on.screenshot({ path: path.join(PICTURES, `notebook-${state}-${colorScheme}.png`) });
        found.push(...(await complaints(on)).map((complaint) => `${state}, ${colorScheme}: ${complaint}`));
      }
    };

    await notebook.kernelIs('idle');
    await notebook.run('introduction-2');
    await notebook.saved();
    await look('introduction');
    await notebook.test('start').click();
    await notebook.run('adding-3');
    await notebook.saved();
    await look('task');
    await notebook.write('adding-4', 'import time\nfor step in range(600):\n    print(step)\n    time.sleep(1)');
    await page.keyboard.press('Shift+Enter');
    await notebook.test('output-adding-4').filter({ hasText: '1' }).waitFor();
    await look('running');
    await notebook.test('stop').click();
    await notebook.runEnds('adding-4');
    await notebook.write('adding-4', 'print(add(2))');
    await notebook.run('adding-4');
    await notebook.saved();
    await look('error');
    await notebook.write('adding-4', 'answer = input("Which number? ")');
    await page.keyboard.press('Shift+Enter');
    await notebook.test('input').waitFor();
    await look('input');
    await notebook.test('input-send').click();
    await notebook.runEnds('adding-4');

    await notebook.test('reset').click();
    await look('reset');
    await notebook.test('confirm').click();
    await notebook.test('banner-kernel-lost').waitFor();
    await look('kernel-lost');
    await notebook.test('banner-kernel-lost-action-2').click();
    await notebook.test('skip').click();
    await look('skip');
    await notebook.test('confirm').click();
    await look('skip-survey');
    await notebook.test('confirm').click();
    await look('skip-survey-problems');
    await notebook.test('cancel').click();

    await context.setOffline(true);
    await notebook.write('adding-4', 'print(add(2, 3))');
    await notebook.test('banner-offline').waitFor();
    await look('offline');
    await context.setOffline(false);
    await notebook.saved();

    await notebook.test('next').click();
    await notebook.test('banner-time').waitFor();
    await look('time-warning');
    await page.locator('section.task[data-task=adding]').scrollIntoViewIfNeeded();
    await page.evaluate("document.querySelector('[data-task=adding]').scrollIntoView()");
    await look('locked');

    const other = new NotebookPage(await context.newPage());
    await other.page.goto(link);
    await other.test('clock').waitFor();
    await notebook.test('banner-other-page').waitFor();
    await look('other-page');
    await page.close();
    await other.test('next').click();
    await other.test('banner-time-up').waitFor();
    await look('closing', other.page);
    await other.test('finish').click();
    await look('finish', other.page);
    assert.deepEqual(found, []);
  });

  it('can be worked with from the study link to the exit survey with the keyboard alone', async () => {
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    const keys = new Keys(page);
    await page.goto(link);
    await keys.press('[data-test=to-consent]');
    await page.locator('[data-test=give-consent]').waitFor();
    for (const box of await page.locator('input[name=consent]').all()) {
      await keys.goTo(`input[name=consent][value="${await box.getAttribute('value')}"]`);
      await page.keyboard.press('Space');
    }
    await keys.press('[data-test=give-consent]');
    await page.locator('[data-test=waiting-state][data-state=ready]').waitFor();
    await keys.press('[data-test=open-notebook]');

    const notebook = new NotebookPage(page);
    await notebook.kernelIs('idle');
    const { instance } = notebook;
    await keys.press('[data-test=run-introduction-2]');
    await notebook.runEnds('introduction-2');
    await keys.press('[data-test=start]');
    assert.equal(await keys.focused('section.task.current'), true);

    await keys.goTo('[data-cell=adding-3] .cm-content');
    await page.keyboard.press('Control+End');
    await page.keyboard.type('\nprint("by key")');
    await page.keyboard.press('Shift+Enter');
    await notebook.runEnds('adding-3');
    assert.equal(await notebook.output('adding-3'), 'defined\nby key');
    await keys.goTo('[data-cell=adding-4] .cm-content');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('while True: pass');
    await page.keyboard.press('Control+Enter');
    await notebook.kernelIs('busy');
    await keys.press('[data-test=stop]');
    await notebook.runEnds('adding-4');
    assert.match(await notebook.output('adding-4'), /KeyboardInterrupt/);
    assert.equal(await keys.focused('[data-test=stop]'), true);
    await keys.press('[data-test=reset]');
    await keys.press('[data-test=confirm]');
    await keys.press('[data-test=banner-kernel-lost-action-2]');

    // A dialog keeps the keyboard inside, Escape leaves it, and the focus is where it was.
    await keys.press('[data-test=skip]');
    for (let step = 0; step < 5; step += 1) {
      await page.keyboard.press('Tab');
      assert.equal(await keys.focused('dialog *, body'), true);
    }
    await page.keyboard.press('Escape');
    assert.equal(await keys.focused('[data-test=skip]'), true);
    await page.keyboard.press('Enter');
    await keys.press('[data-test=confirm]');
    await page.locator('[data-test=question-why]').waitFor();
    await keys.press('[data-test=confirm]');
    assert.equal(await keys.focused('[data-test=question-why] textarea'), true);
    await page.keyboard.type('no time');
    await keys.goTo('[data-test=question-minutes] input');
    await page.keyboard.type('3');
    for (const [field, downs] of [
      ['cause', 1],
      ['hard', 2],
      ['helped:0', 2],
      ['helped:1', 1],
    ] as const) {
      await keys.goTo(`[name="${field}"]`);
      await page.keyboard.press('Space');
      for (let step = 0; step < downs; step += 1) await page.keyboard.press('ArrowDown');
    }
    await keys.press('[data-test=confirm]');
    await notebook.test('clock').waitFor();
    assert.equal(await keys.focused('section.task.current'), true);
    await keys.press('[data-test=next]');
    await notebook.test('banner-time-up').waitFor();
    await keys.press('[data-test=finish]');
    await keys.press('[data-test=confirm]');
    await page.locator('[data-test=exit-survey]').waitFor();

    const record = await StoredRecord.of(platform.database, instance);
    assert.deepEqual(record.ofType('skip-survey')[0]?.data, {
      answers: {
        why: 'no time',
        minutes: 3,
        cause: 'Unclear task',
        hard: 3,
        helped: { "The task's text": 'a lot', 'The editor': 'somewhat' },
      },
    });
  });

  for (const [what, viewport] of [
    ['at 200 %', { width: 550, height: 400 }],
    ['at 400 % on a small screen', { width: 320, height: 256 }],
  ] as const) {
    it(`loses nothing ${what}: no sideways scrolling, and every button can be reached`, async () => {
      const notebook = await NotebookPage.enter(context, link);
      const { page } = notebook;
      await page.setViewportSize(viewport);
      const fits = async (): Promise<void> => {
        assert.equal(await page.evaluate('document.documentElement.scrollWidth'), viewport.width);
        for (const button of await page.locator('button:visible').all()) {
          if ((await button.getAttribute('data-test')) === 'to-current-task') continue;
          await button.scrollIntoViewIfNeeded();
          const box = (await button.boundingBox())!;
          assert.ok(box.x >= 0 && box.x + box.width <= viewport.width, `${await button.innerText()} is cut off`);
        }
      };
      await fits();
      await notebook.test('start').click();
      await notebook.run('adding-3');
      await fits();
      await notebook.test('skip').click();
      await fits();
      await notebook.test('confirm').click();
      await fits();
      assert.deepEqual(await complaints(page), []);
    });
  }

  it('says in a quiet voice what happened, and nothing each second or at each key', async () => {
    const notebook = await NotebookPage.enter(context, link);
    const { page } = notebook;
    await notebook.kernelIs('idle');
    await notebook.saved();
    await page.evaluate(LISTEN);
    await notebook.test('start').click();
    await notebook.write('adding-4', 'x = 1');
    await notebook.run('adding-4');
    await notebook.write('adding-4', '1/0');
    await notebook.run('adding-4');
    await notebook.saved();
    await notebook.test('next').click();
    await notebook.test('banner-time').waitFor();
    await page.waitForTimeout(2500);
    const heard = await page.evaluate<string[]>('window.heard');
    assert.deepEqual(
      heard.filter((text) => !text.includes('ZeroDivisionError')),
      ['Cell 4 is done.', 'Cell 4 ended before it was done.', 'One minute left for this task.OK'],
    );
  });
});

/** What a screen reader would say by itself: what is added to or changed in live regions. */
const LISTEN = `{
  window.heard = [];
  const live = '[aria-live=polite], [aria-live=assertive], [role=status], [role=alert], [role=log]';
  new MutationObserver((changes) => {
    const regions = changes.flatMap(({ target, addedNodes }) => {
      const element = target.nodeType === 1 ? target : target.parentElement;
      return addedNodes.length > 0 || target.nodeType === 3 ? [element?.closest(live)] : [];
    });
    for (const region of new Set(regions)) if (region?.textContent) window.heard.push(region.textContent);
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}`;
