/** The exit survey on a page of our own, in a browser: what it shows is what Postgres holds. */
import assert from 'node:assert/strict';
import path from 'node:path';
import axe from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { Keys } from './keys.js';
import { launchBrowser, NotebookPage, publishFixture } from './notebook-page.js';
import { type RunningPlatform, startPlatform } from './running-platform.js';

/** `OBSERVATORY_PICTURES=docs/images` keeps a picture in each colour scheme there. */
const PICTURES = process.env['OBSERVATORY_PICTURES'];
const widths = { wide: 1100, phone: 360 };

describe('the exit survey in a browser', function () {
  this.timeout(180_000);
  let platform: RunningPlatform;
  let browser: Browser;
  let context: BrowserContext;

  before(async () => {
    platform = await startPlatform(2);
    browser = await launchBrowser(platform);
  });
  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: widths.wide, height: 900 } });
  });
  afterEach(() => context.close());
  after(async () => {
    await browser?.close();
    await platform?.stop();
  });

  const stored = async (instance: string): Promise<unknown[]> => {
    const { rows } = await platform.database.query<{ answers: unknown }>(
      'select answers from answers join leases using (participant_id) where instance_id = $1',
      [instance],
    );
    return rows.map(({ answers }) => answers);
  };

  it('is asked, says what is missing, is answered with the keyboard alone, and thanks, also after a reload', async () => {
    const notebook = await NotebookPage.enter(context, await publishFixture(platform, 'asked'));
    const { page, instance } = notebook;
    await notebook.saved();
    await notebook.test('finish').click();
    await notebook.test('confirm').click();
    await notebook.test('survey-send').waitFor();
    assert.equal(new URL(page.url()).pathname, '/survey/questions');
    const found = await looks(page, 'asked');

    const keys = new Keys(page);
    await keys.goTo('#q0');
    await page.keyboard.type('17');
    await keys.goTo('#q5');
    await page.keyboard.type('</textarea>\nkept');
    await keys.press('[data-test=survey-send]');
    await notebook.test('survey-summary').waitFor();
    assert.equal(await keys.focused('[data-test=survey-summary]'), true);
    assert.deepEqual(await page.locator('.problem').allInnerTexts(), [
      'Please enter a number from 18 to 120.',
      ...Array<string>(4).fill('Please answer this question.'),
    ]);
    assert.equal(await page.locator('#q0').inputValue(), '17');
    assert.equal(await page.locator('#q5').inputValue(), '</textarea>\nkept');
    assert.deepEqual(await stored(instance), []);
    found.push(...(await looks(page, 'problems')));
    await picture(page);

    await keys.press('.summary a[href="#q0"]');
    assert.equal(await keys.focused('#q0'), true);
    await page.keyboard.press('Control+a');
    await page.keyboard.type('18');
    for (const [field, downs] of [
      ['q1', 3],
      ['q3', 1],
      ['q4-0', 2],
      ['q4-1', 1],
    ] as const) {
      await keys.goTo(`[name="${field}"]`);
      await page.keyboard.press('Space');
      for (let step = 0; step < downs; step += 1) await page.keyboard.press('ArrowDown');
    }
    for (const tool of ['#q2_0', '#q2_2']) {
      await page.locator(tool).focus();
      await page.keyboard.press('Space');
    }
    const shown = await page.locator('label:has(input:checked)').allInnerTexts();
    await page.locator('[data-test=survey-send]').focus();
    await page.keyboard.press('Enter');
    await notebook.test('survey-thanks').waitFor();
    found.push(...(await looks(page, 'thanks')));
    const answers = {
      ...{ age: 18, hard: 4, tools: ['Documentation', 'An assistant'], job: 'Partly', more: '</textarea>\nkept' },
      helped: { "The task's text": 'a lot', 'The editor': 'somewhat' },
    };
    assert.deepEqual(shown, ['4', 'Documentation', 'An assistant', 'Partly', 'a lot', 'somewhat']);
    assert.deepEqual(await stored(instance), [answers]);

    await page.reload();
    await notebook.test('survey-thanks').waitFor();
    await page.goto(`${platform.stack.publicUrl}/`);
    await notebook.test('survey-thanks').waitFor();
    assert.deepEqual(await stored(instance), [answers]);
    assert.deepEqual(found, []);
  });

  it('speaks the language of the study, without any script', async () => {
    const notebook = await NotebookPage.enter(context, await publishFixture(platform, 'timed'));
    const { instance } = notebook;
    await notebook.test('survey-send').waitFor();
    const state = await context.storageState();
    const plain = await browser.newContext({ javaScriptEnabled: false, storageState: state });
    const page = await plain.newPage();
    await page.goto(notebook.page.url());
    await page.locator('[data-test=survey-send]').click();
    assert.equal(await page.locator('html').getAttribute('lang'), 'de');
    assert.equal(await page.locator('.problem').innerText(), 'Bitte beantworten Sie diese Frage.');
    await page.getByRole('radio', { name: '5: groß' }).check();
    await page.locator('[data-test=survey-send]').click();
    assert.equal(await page.locator('[data-test=survey-thanks]').innerText(), 'Ihre Antworten sind gespeichert.');
    assert.deepEqual(await stored(instance), [{ pressure: 5 }]);
    await plain.close();
  });
});

/** What axe complains about, in both colour schemes, and whether the page fits on a phone. */
async function looks(page: Page, state: string): Promise<string[]> {
  const found: string[] = [];
  for (const [size, width] of Object.entries(widths)) {
    await page.setViewportSize({ width, height: 900 });
    const over = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
    if (over > 0) found.push(`${state}, ${size}: ${over} pixels wider than the screen`);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate<axe.AxeResults>('axe.run()');
      const complaints = violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
      found.push(...complaints.map((complaint) => `${state}, ${size}, ${colorScheme}: ${complaint}`));
    }
  }
  await page.setViewportSize({ width: widths.wide, height: 900 });
  return found;
}

async function picture(page: Page): Promise<void> {
  if (PICTURES === undefined) return;
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: path.join(PICTURES, `exit-survey-${colorScheme}.png`), fullPage: true });
  }
}
