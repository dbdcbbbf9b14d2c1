/** The pages on the way in, as a participant goes through them in a browser. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';

export const on = (page: Page, name: string): Promise<void> => page.locator(`[data-test="${name}"]`).waitFor();
export const press = (page: Page, name: string): Promise<void> => page.click(`[data-test="${name}"]`);
export const tick = async (page: Page): Promise<void> => {
  for (const box of await page.locator('input[name=consent]').all()) await box.check();
};

/** The how-to page, with an instance. */
export const isReady = (page: Page): Promise<void> =>
  page.locator('[data-test=waiting-state][data-state=ready]').waitFor();

/** The ways from one page to the next. */
export const toConsent = async (page: Page): Promise<void> => {
  await press(page, 'to-consent');
  await on(page, 'give-consent');
};
export const toHowTo = async (page: Page): Promise<void> => {
  await tick(page);
  await press(page, 'give-consent');
  await isReady(page);
};
export const toNotebook = async (page: Page): Promise<void> => {
  await press(page, 'open-notebook');
  await on(page, 'task-title');
};
export const steps = [toConsent, toHowTo, toNotebook] as const;
/** The pages in their order, by what each shows. */
export const pages = ['to-consent', 'give-consent', 'open-notebook', 'task-title'] as const;
export const pageNames = ['introduction', 'consent form', 'how-to', 'notebook'] as const;

/** From the page of this number to the notebook. */
export const goOn = async (page: Page, from = 0): Promise<void> => {
  for (const step of steps.slice(from)) await step(page);
};
export const upTo = async (page: Page, to: number): Promise<void> => {
  for (const step of steps.slice(0, to)) await step(page);
};
/** Says what happened and what to do, and names the code for the researcher. */
export const refused = async (page: Page, code: string, words: RegExp): Promise<void> => {
  await page.locator(`[data-test=refusal][data-code=${code}]`).waitFor();
  assert.match(await page.locator('[data-test=refusal]').innerText(), words);
  assert.match(await page.locator('p.code').innerText(), new RegExp(`${code} \\S+`));
};
