import type { Page } from 'playwright-core';

/** Where things are on a page with a notebook; all else is the same for ours and for Jupyter's. */
export interface PageParts {
  /** The first code cell's editor. */
  readonly editor: string;
  /** What that cell puts out. */
  readonly output: string;
}

export const OURS: PageParts = {
  editor: '.code-cell .cm-content[contenteditable=true]',
  output: '[data-test^="output-"]',
};

export const NOTEBOOK_7: PageParts = {
  editor: '.jp-CodeCell .jp-InputArea .cm-content[contenteditable=true]',
  output: '.jp-CodeCell .jp-OutputArea-output',
};

/** In milliseconds. */
export interface Times {
  readonly editable: number;
  readonly firstOutput: number;
}

const PATIENCE = 60_000;
/** Between two tries to run the cell: until there is a kernel, Jupyter's page ignores them. */
const AGAIN = 250;

/** Waits for the notebook, and runs the first code cell by keyboard as soon as it can be typed into. Times since `start`. */
export async function timeNotebook(page: Page, { editor, output }: PageParts, start: number): Promise<Times> {
  const cell = page.locator(editor).first();
  await cell.waitFor({ timeout: PATIENCE });
  const editable = performance.now() - start;
  const printed = page.locator(output).filter({ hasText: /\S/ }).first();
  const arrived = printed.waitFor({ timeout: PATIENCE });
  let waiting = true;
  void arrived.finally(() => (waiting = false)).catch(() => undefined);
  while (waiting) {
    // Each time anew: while it starts, Jupyter's page takes the focus away again.
    await cell.focus();
    await page.keyboard.press('Control+Enter');
    await Promise.race([arrived, page.waitForTimeout(AGAIN)]);
  }
  await arrived;
  const firstOutput = performance.now() - start;
  const text = await printed.innerText();
  if (!text.startsWith('Python 3')) throw new Error(`the first cell printed ${JSON.stringify(text)}`);
  return { editable: Math.round(editable), firstOutput: Math.round(firstOutput) };
}

/** Clicks as soon as it is there: a driver's click waits for more, which would be added to both sides. */
export async function clickOnce(page: Page, selector: string): Promise<void> {
  const element = page.locator(selector).first();
  await element.waitFor({ timeout: PATIENCE });
  await element.dispatchEvent('click');
}

export function told({ editable, firstOutput }: Times): string {
  return `editable after ${editable} ms, first output after ${firstOutput} ms`;
}
