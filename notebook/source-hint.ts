/** Asks for a moment where a pasted text comes from, as the original platform did. */
import { element } from './dom.js';

/** As long as the original showed it, milliseconds. */
const SHOWN = 2500;

export class SourceHint {
  private readonly root = element('p', { class: 'source-hint', 'data-test': 'source-hint', hidden: '' });
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `tell` reads it out. */
  constructor(
    parent: HTMLElement,
    private readonly text: string,
    private readonly tell: (text: string) => void,
  ) {
    this.root.textContent = text;
    parent.append(this.root);
  }

  show(): void {
    clearTimeout(this.timer);
    this.root.hidden = false;
    this.tell(this.text);
    this.timer = setTimeout(() => {
      this.root.hidden = true;
    }, SHOWN);
  }
}
