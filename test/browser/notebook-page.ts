/** The notebook in a real browser, as tests look at it and use it. */
import path from 'node:path';
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { chromiumLaunch } from '../../src/local/chromium.js';
import { publishStudy } from '../../src/participants/study-store.js';
import { packageRoot } from '../../src/platform/root.js';
import { readStudy } from '../../src/studies/read.js';
import type { RunningPlatform } from './running-platform.js';

/** Publishes a study of test/studies and returns its link. */
export async function publishFixture(platform: RunningPlatform, name: string): Promise<string> {
  await publishStudy(platform.database, await readStudy(path.join(packageRoot, 'test/studies', name)));
  return `${platform.stack.publicUrl}/?study=${name}`;
}

export async function launchBrowser(platform: RunningPlatform): Promise<Browser> {
  return chromium.launch({ headless: true, timeout: 30_000, ...(await chromiumLaunch(platform.cache)) });
}

export class NotebookPage {
  constructor(readonly page: Page) {
    page.setDefaultTimeout(20_000);
  }

  /** From the study link to the notebook that can be worked with. */
  static async enter(context: BrowserContext, link: string): Promise<NotebookPage> {
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(link);
    await page.click('[data-test=to-consent]');
    for (const box of await page.locator('input[name=consent]').all()) await box.check();
    await page.click('[data-test=give-consent]');
    await page.locator('[data-test=waiting-state][data-state=ready]').waitFor();
    await page.click('[data-test=open-notebook]');
    const notebook = new NotebookPage(page);
    await notebook.test('task-title').waitFor();
    return notebook;
  }

  get instance(): string {
    return new URL(this.page.url()).pathname.split('/')[2]!;
  }

  test(name: string): Locator {
    return this.page.locator(`[data-test="${name}"]`);
  }

  cell(id: string): Locator {
    return this.page.locator(`.code-cell[data-cell="${id}"]`);
  }

  editor(id: string): Locator {
    return this.cell(id).locator('.cm-content');
  }

  /** The text of a cell as it stands on the screen. */
  async source(id: string): Promise<string> {
    return (await this.cell(id).locator('.cm-line').allTextContents()).join('\n');
  }

  async output(id: string): Promise<string> {
    const output = this.test(`output-${id}`);
    return (await output.isVisible()) ? (await output.innerText()).trim() : '';
  }

  /** Replaces a cell's text as a person would: by selecting all and typing. */
  async write(id: string, text: string): Promise<void> {
    await this.editor(id).click();
    await this.page.keyboard.press('Control+a');
    await this.page.keyboard.insertText(text);
  }

  async kernelIs(state: string): Promise<void> {
    await this.page.locator(`[data-test=kernel-state][data-state=${state}]`).waitFor();
  }

  async saved(): Promise<void> {
    await this.page.locator('[data-test=save-state][data-state=saved]').waitFor();
  }

  /** Presses a cell's button and waits for the end of its run. */
  async run(id: string): Promise<string> {
    await this.test(`run-${id}`).click();
    await this.runEnds(id);
    return this.output(id);
  }

  async runEnds(id: string): Promise<void> {
    await this.cell(id)
      .locator('.count', { hasText: /^(\[\d+\])?$/ })
      .waitFor({ state: 'attached' });
    await this.page.locator(`.code-cell.running[data-cell="${id}"]`).waitFor({ state: 'detached' });
  }
}
