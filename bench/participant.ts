import type { Page } from 'playwright-core';
import type { Platform } from './platform.js';

export const GIVE_CONSENT = '[data-test=give-consent]';
export const OPEN_NOTEBOOK = '[data-test=open-notebook]';

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
