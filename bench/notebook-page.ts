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
  output: '.code-cell [data-test^="output-"]',
};

export const NOTEBOOK_7: PageParts = {
  editor: '.jp-CodeCell .jp-InputArea .cm-content[contenteditable=true]',
  output: '.jp-CodeCell .jp-OutputArea-output',
};

/** In milliseconds since a start. */
export interface Times {
  readonly editable: number;
  readonly firstOutput: number;
}

interface Moment {
  readonly at: number;
  /** What was to be read there. */
  readonly text: string;
}

const PATIENCE = 60_000;
/** Between two tries to run the cell: until there is a kernel, Jupyter's page ignores them. */
const AGAIN = 250;

/** What the page sees of itself, frame by frame. A driver looks twice a second at worst, and waits before it clicks. */
export class Watch {
  private readonly moments = new Map<string, Moment>();
  private readonly listeners = new Map<string, () => void>();

  private constructor(
    private readonly page: Page,
    private readonly parts: PageParts,
  ) {}

  /** To be set before the page is opened. @param click what the page clicks by itself as soon as it is seen */
  static async set(page: Page, parts: PageParts, click: readonly string[] = []): Promise<Watch> {
    const watch = new Watch(page, parts);
    await page.exposeFunction('benchSees', (what: string, text: string) => {
      watch.sees(what, text);
    });
    await page.addInitScript(`(${IN_PAGE})(${JSON.stringify([parts.editor, parts.output])}, ${JSON.stringify(click)})`);
    return watch;
  }

  /** Runs the first code cell by keyboard as soon as it can be typed into. */
  async timeNotebook(start: number): Promise<Times> {
    const editable = await this.seen(this.parts.editor);
    const arrived = this.seen(this.parts.output);
    const cell = this.page.locator(this.parts.editor).first();
    while (!this.moments.has(this.parts.output)) {
      // Each time anew: while it starts, Jupyter's page takes the focus away again.
      await cell.focus();
      await this.page.keyboard.press('Control+Enter');
      await Promise.race([arrived, this.page.waitForTimeout(AGAIN)]);
    }
    const { at, text } = await arrived;
    if (!text.startsWith('Python 3')) throw new Error(`the first cell printed ${JSON.stringify(text)}`);
    return { editable: Math.round(editable.at - start), firstOutput: Math.round(at - start) };
  }

  private sees(what: string, text: string): void {
    if (!this.moments.has(what)) this.moments.set(what, { at: performance.now(), text });
    this.listeners.get(what)?.();
  }

  private async seen(what: string): Promise<Moment> {
    const timeout = AbortSignal.timeout(PATIENCE);
    await new Promise<void>((resolve, reject) => {
      this.listeners.set(what, resolve);
      timeout.addEventListener('abort', () => {
        reject(new Error(`${what} was not seen within ${PATIENCE / 1000} s`));
      });
      if (this.moments.has(what)) resolve();
    });
    return this.moments.get(what)!;
  }
}

/** Source text, as it runs in the browser. */
const IN_PAGE = `(texts, clicks) => {
  const waiting = new Set([...texts, ...clicks]);
  const look = () => {
    for (const selector of waiting) {
      const element = document.querySelector(selector);
      if (!element?.checkVisibility() || (texts.includes(selector) && element.innerText.trim() === '')) continue;
      waiting.delete(selector);
      if (clicks.includes(selector)) element.click();
      else window.benchSees(selector, element.innerText);
    }
    if (waiting.size > 0) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}`;

/** Without the driver's own waiting, which would be added to both sides. */
export async function click(page: Page, selector: string): Promise<void> {
  await page.locator(selector).dispatchEvent('click');
}

export function told({ editable, firstOutput }: Times): string {
  return `editable after ${editable} ms, first output after ${firstOutput} ms`;
}
