import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';

/** A person with a keyboard only. Whatever gets the focus on the way must show it, and stand in sight. */
export class Keys {
  constructor(private readonly page: Page) {}

  async focused(selector: string): Promise<boolean> {
    return await this.page.evaluate<boolean>(`document.activeElement.matches(${JSON.stringify(selector)})`);
  }

  /** Tab by Tab; an editor is left with Escape first. */
  async goTo(selector: string): Promise<void> {
    await this.page.locator(selector).first().waitFor();
    for (let stops = 0; stops < 60; stops += 1) {
      if (await this.focused(selector)) return;
      if (await this.focused('.cm-content')) await this.page.keyboard.press('Escape');
      await this.page.keyboard.press('Tab');
      assert.equal(await this.page.evaluate(SHOWS_FOCUS), '');
    }
    throw new Error(`the keyboard does not reach ${selector}`);
  }

  async press(selector: string): Promise<void> {
    await this.goTo(selector);
    await this.page.keyboard.press('Enter');
  }
}

/** What is wrong with how the focused element shows. */
const SHOWS_FOCUS = `(() => {
  const element = document.activeElement;
  if (element === document.body) return '';
  const name = element.outerHTML.slice(0, 100);
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const isEditor = element.matches('.cm-content');
  if (!isEditor && (outlineStyle === 'none' || parseFloat(outlineWidth) < 1)) return 'no outline: ' + name;
  const { left, top, width, height } = element.getBoundingClientRect();
  if (isEditor) return '';
  const hit = document.elementFromPoint(left + width / 2, top + height / 2);
  if (hit !== null && (element.contains(hit) || hit.contains(element) || hit.closest('label')?.contains(element))) return '';
  return 'covered: ' + name;
})()`;
