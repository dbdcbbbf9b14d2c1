/**
 * Hostile content in the real notebook page: nothing of it runs in the page's origin, and nothing leaves the page. Each case first hits
 * a careless page, so that it is known to be able to. The notebook then meets all of them twice: as it is served, and with the
 * browser told to ignore the page's Content-Security-Policy, so that what the page does by itself is known to be enough.
 */
import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import type { HostileCase } from './hostile/case.js';
import { withMarks } from './hostile/case.js';
import { htmlCases } from './hostile/html-cases.js';
import { liveCases } from './hostile/live-cases.js';
import { otherCases } from './hostile/other-cases.js';
import { startTrap, type Trap } from './hostile/trap.js';
import { hits, isHitBare, touch, watch, type Watch } from './hostile/watch.js';
import { documentOf, openNotebook, outputOf, run, startBrowser } from './open-notebook.js';
import { type RunningPlatform, startPlatform } from './running-platform.js';

const WITHIN = '.log *, .prose *, .help *, .program-input span, .cm-tooltip *';
/** Pages that try careless cases at once. */
const TRIES = 4;

describe('hostile content', function () {
  this.timeout(600_000);
  let platform: RunningPlatform;
  let browser: Browser;
  let trap: Trap;
  let cases: HostileCase[] = [];
  const number = (hostile: HostileCase): number => cases.indexOf(hostile);
  const dangerous = new Set<number>();
  const outcomes: Record<string, { hits: number[]; seen: Watch }> = {};

  before(async () => {
    [platform, trap] = await Promise.all([startPlatform(2), startTrap((index) => cases[index]?.bare ?? '')]);
    cases = [...htmlCases, ...otherCases, ...liveCases].map((hostile, index) => withMarks(hostile, index, trap.url));
    browser = await startBrowser(platform);
    await tryBare();
    await meet('as served', false);
    await meet('without its policy', true);
  });
  after(async () => {
    await browser?.close();
    trap?.stop();
    await platform?.stop();
  });

  async function tryBare(): Promise<void> {
    const waiting = cases.map((_, index) => index);
    const tryNext = async (): Promise<void> => {
      for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
        const context = await browser.newContext();
        if (await isHitBare(await context.newPage(), trap.url, index, trap.reached)) dangerous.add(index);
        await context.close();
      }
    };
    await Promise.all(Array.from({ length: TRIES }, tryNext));
  }

  /** Shows all cases in one notebook, touches everything, and runs what is to be run. */
  async function meet(how: string, bypassCSP: boolean): Promise<void> {
    trap.reached.clear();
    let seen: Watch | undefined;
    const notebook = await openNotebook(platform, browser, documentOf(cases.flatMap(({ cells }) => cells)), {
      bypassCSP,
      before: (made) => {
        seen = watch(made, platform.stack.publicUrl);
        return Promise.resolve();
      },
    });
    const { page } = notebook;
    await page.locator('[data-test=kernel-state][data-state=idle]').waitFor();
    await page.locator('math').first().waitFor({ state: 'attached' });
    await touch(page, WITHIN);
    // What the kernel sends live is drawn by the same code; once is enough.
    for (const hostile of cases)
      if (hostile.live && !bypassCSP) await runLive(page, `case-${number(hostile)}`, hostile.name);
    await touch(page, WITHIN);
    await page.waitForTimeout(1500); // what was asked for has time to arrive
    outcomes[how] = {
      hits: [
        ...(await hits(
          page,
          cases.map((_, index) => index),
        )),
        ...trap.reached,
      ],
      seen: seen!,
    };
    await notebook.close();
  }

  for (const [index, { name }] of [...htmlCases, ...otherCases, ...liveCases].entries()) {
    it(`does nothing: ${name}`, () => {
      assert.ok(dangerous.has(index), 'the case hits not even a careless page, so it proves nothing');
      for (const [how, outcome] of Object.entries(outcomes)) assert.ok(!outcome.hits.includes(index), `hit ${how}`);
    });
  }

  for (const how of ['as served', 'without its policy']) {
    it(`opens nothing, goes nowhere and asks nobody else, ${how}`, () => {
      assert.deepEqual(outcomes[how]!.seen.incidents, []);
    });
  }

  it('is more than the forty cases asked for', () => {
    assert.ok(dangerous.size >= 40);
  });
});

/** Runs a cell and does by keyboard what brings its payload to light. */
async function runLive(page: Page, cell: string, name: string): Promise<void> {
  const editor = page.locator(`.code-cell[data-cell="${cell}"] .cm-content`);
  if (name.includes('question')) {
    await page.click(`[data-test="run-${cell}"]`);
    await page.locator('[data-test=input]').waitFor();
    await touch(page, WITHIN);
    await page.fill('[data-test=input]', '<img src=x onerror=alert(1)>');
    await page.keyboard.press('Enter');
    await page.locator(`.code-cell[data-cell="${cell}"]:not(.running)`).waitFor();
    return;
  }
  await run(page, cell);
  if (!/description|completion/.test(name)) {
    await outputOf(page, cell)
      .filter({ hasText: /\S/ })
      .or(outputOf(page, cell).locator('img'))
      .first()
      .waitFor({ state: 'attached' });
    return;
  }
  await editor.focus();
  await page.keyboard.press('Control+End');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Shift+Home');
  const [typed, key, shown] = name.includes('description')
    ? (['described', 'Shift+Tab', '.help'] as const)
    : ([`open('host`, 'Tab', '.cm-tooltip-autocomplete'] as const);
  await page.keyboard.insertText(typed);
  await page.keyboard.press(key);
  await page.locator(shown).filter({ hasText: '<img' }).waitFor();
  await touch(page, WITHIN);
  await page.keyboard.press('Escape');
}
