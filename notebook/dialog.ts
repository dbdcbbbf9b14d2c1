/** A question that must be answered before anything else: the browser keeps the focus inside and gives it back afterwards. */
import { button, element } from './dom.js';

export interface DialogOptions {
  readonly title: string;
  readonly content: readonly (Node | string)[];
  readonly cancel: string;
  readonly confirm: string;
  /** Asked when the participant confirms; the dialog stays while it says false. */
  readonly accepts?: (form: HTMLFormElement) => boolean;
}

export class Dialogs {
  private open: HTMLDialogElement | null = null;

  constructor(private readonly parent: HTMLElement) {}

  /** Resolves with true when the participant confirmed; Escape is a no. */
  ask({ title, content, cancel, confirm, accepts = () => true }: DialogOptions): Promise<boolean> {
    this.close();
    const dialog = element('dialog', { class: 'dialog', 'aria-labelledby': 'dialog-title' });
    this.open = dialog;
    const back = button(cancel, 'cancel', 'ghost', () => {
      dialog.close();
    });
    const go = button(confirm, 'confirm', 'primary', () => undefined);
    go.type = 'submit';
    const form = element(
      'form',
      { novalidate: '' },
      element('h2', { id: 'dialog-title' }, title),
      element('div', { class: 'dialog-content' }, ...content),
      element('div', { class: 'group' }, back, go),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (accepts(form)) dialog.close('yes');
    });
    dialog.append(form);
    this.parent.append(dialog);
    return new Promise((resolve) => {
      dialog.addEventListener('close', () => {
        dialog.remove();
        if (this.open === dialog) this.open = null;
        resolve(dialog.returnValue === 'yes');
      });
      dialog.showModal();
    });
  }

  /** What was asked is settled otherwise: it counts as a no. */
  close(): void {
    this.open?.close();
  }
}
