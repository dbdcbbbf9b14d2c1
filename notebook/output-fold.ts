/** A long output is folded to a part of the screen, in which it can be scrolled; a button shows it whole. */
import { button, element } from './dom.js';
import type { Messages } from './messages.js';

/** How near the end counts as at the end, pixels. */
const NEAR = 24;

export class OutputFold {
  readonly bar: HTMLElement;
  private readonly toggle: HTMLButtonElement;
  private folded = true;

  constructor(
    private readonly scroller: HTMLElement,
    contents: HTMLElement,
    test: string,
    private readonly texts: Messages,
  ) {
    this.toggle = button(texts.showAll, test, 'small', () => {
      this.folded = !this.folded;
      this.apply();
      if (this.folded) this.scroller.scrollIntoView({ block: 'nearest' });
    });
    this.bar = element('div', { class: 'fold-bar' }, this.toggle);
    const sizes = new ResizeObserver(() => {
      this.apply();
    });
    sizes.observe(contents);
    sizes.observe(scroller);
    this.apply();
  }

  /** Changes the contents; whoever looks at their end goes on looking at it. */
  following(change: () => void): void {
    const { scroller } = this;
    const isAtEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR;
    change();
    if (this.folded && isAtEnd) scroller.scrollTop = scroller.scrollHeight;
  }

  private apply(): void {
    const { scroller } = this;
    scroller.classList.toggle('folded', this.folded);
    const isLong = scroller.scrollHeight > scroller.clientHeight + 1;
    this.bar.hidden = this.folded && !isLong;
    this.toggle.textContent = this.folded ? this.texts.showAll : this.texts.showLess;
    this.toggle.setAttribute('aria-expanded', String(!this.folded));
    // What can be scrolled must be reachable with the keyboard.
    if (this.folded && isLong) scroller.tabIndex = 0;
    else scroller.removeAttribute('tabindex');
  }
}
