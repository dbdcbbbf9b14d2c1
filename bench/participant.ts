import type { Page } from 'playwright-core';
import { clickOnce } from './notebook-page.js';
import type { Platform } from './platform.js';

/**
 * Goes to the consent form and reads it until an instance is warm. The pool has no least size here, it follows who reads: no other
 * instance starts when this one is taken, which on one machine would be measured along.
 */
export async function readConsent(page: Page, platform: Platform): Promise<void> {
  await page.goto(platform.studyLink);
  await page.click('[data-test=to-consent]');
  for (const box of await page.locator('input[name=consent]').all()) await box.check();
  await platform.untilWarm();
}

/** From the consent to the notebook, without reading. */
export async function openNotebook(page: Page): Promise<void> {
  await clickOnce(page, '[data-test=give-consent]');
  await clickOnce(page, '[data-test=open-notebook]');
}
