/** What is told under the header and stays until it is answered or over. */
import { button, element } from './dom.js';

export interface BannerAction {
  readonly label: string;
  readonly press: () => void;
}

export class Banners {
  readonly root = element('div', { class: 'banners', 'aria-live': 'polite' });

  /** A banner of the same kind is replaced; the same words are not read out again. */
  show(kind: string, text: string, ...actions: readonly BannerAction[]): void {
    const shown = this.find(kind) ?? element('div', { class: 'banner', 'data-test': `banner-${kind}` });
    const words = shown.querySelector('p') ?? element('p');
    if (words.textContent !== text) words.textContent = text;
    const buttons = actions.map(({ label, press }, index) =>
      button(label, `banner-${kind}-action${index === 0 ? '' : `-${index + 1}`}`, 'small', press),
    );
    shown.replaceChildren(words, element('div', { class: 'group' }, ...buttons));
    if (!shown.isConnected) this.root.append(shown);
  }

  dismiss(kind: string): void {
    this.find(kind)?.remove();
  }

  /** The page has nothing else to offer any more. */
  focus(kind: string): void {
    this.find(kind)?.querySelector('button')?.focus();
  }

  private find(kind: string): HTMLElement | null {
    return this.root.querySelector(`[data-test="banner-${kind}"]`);
  }
}
