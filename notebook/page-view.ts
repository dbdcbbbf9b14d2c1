/** The frame around the tasks: header with progress and states, the bar of actions, banners and dialogs. */
import { button, element } from './dom.js';
import type { Flow, FlowAction } from './flow.js';
import { fill, type Messages } from './messages.js';
import type { SaveState } from './outbox.js';
import type { KernelState } from './kernel.js';

export interface PageActions extends Readonly<Record<FlowAction, () => void>> {
  readonly stop: () => void;
  readonly reset: () => void;
}

const PRIMARY: readonly FlowAction[] = ['start', 'next', 'finish'];

export class PageView {
  readonly tasks = element('main', { class: 'tasks' });
  private readonly progressText = element('h1', { class: 'task-title', 'data-test': 'task-title', tabindex: '-1' });
  private readonly progressBar = element('div', { class: 'progress', 'aria-hidden': 'true' });
  private readonly saveState = element('span', { class: 'state', role: 'status', 'data-test': 'save-state' });
  private readonly kernelState = element('span', {
    class: 'state kernel',
    role: 'status',
    'data-test': 'kernel-state',
  });
  private readonly flowButtons = element('div', { class: 'group' });
  private readonly kernelButtons: HTMLElement;
  private readonly banners = element('div', { class: 'banners', 'aria-live': 'assertive' });
  private readonly frame: HTMLElement;

  constructor(
    title: string,
    private readonly texts: Messages,
    private readonly actions: PageActions,
  ) {
    const stop = button(texts.stop, 'stop', 'ghost', actions.stop);
    stop.title = texts.stopHint;
    this.kernelButtons = element('div', { class: 'group' }, stop, button(texts.reset, 'reset', 'ghost', actions.reset));
    const header = element(
      'header',
      { class: 'top' },
      element('div', { class: 'study' }, title),
      element('div', { class: 'where' }, this.progressText, this.progressBar),
      element('div', { class: 'states' }, this.kernelState, this.saveState),
    );
    const footer = element('footer', { class: 'bottom' }, this.kernelButtons, this.flowButtons);
    const head = element('div', { class: 'head' }, header, this.banners);
    this.frame = element('div', { class: 'frame' }, head, this.tasks, footer);
    this.setSaveState('saved');
  }

  mount(parent: HTMLElement): void {
    parent.replaceChildren(this.frame);
  }

  showFlow(flow: Flow): void {
    const { task, total } = flow.progress;
    const { kind } = flow.current;
    this.progressText.textContent =
      kind === 'introduction'
        ? this.texts.introduction
        : kind === 'closing'
          ? this.texts.closing
          : fill(this.texts.taskOf, { task, total });
    const done = kind === 'task' ? task - 1 : task;
    const steps = Array.from({ length: total }, (_, step) =>
      element('span', {
        class: step < done ? 'step done' : step === done && kind === 'task' ? 'step current' : 'step',
      }),
    );
    this.progressBar.replaceChildren(...steps);
    this.kernelButtons.hidden = kind !== 'task';
    this.flowButtons.replaceChildren(...flow.actions.map((action) => this.flowButton(action)));
  }

  setSaveState(state: SaveState): void {
    this.saveState.dataset.state = state;
    setText(this.saveState, this.texts[state]);
  }

  setKernelState(state: KernelState): void {
    const text = {
      starting: this.texts.kernelStarting,
      idle: this.texts.kernelIdle,
      busy: this.texts.kernelBusy,
      reconnecting: this.texts.kernelReconnecting,
      dead: this.texts.kernelDead,
    }[state];
    this.kernelState.dataset.state = state;
    setText(this.kernelState, text);
  }

  /** Tells something that stays until it is dismissed or answered. A banner of the same kind is replaced. */
  banner(kind: string, text: string, action?: { label: string; press: () => void }): void {
    this.dismiss(kind);
    const shown = element('div', { class: 'banner', 'data-test': `banner-${kind}` }, element('p', {}, text));
    if (action) shown.append(button(action.label, `banner-${kind}-action`, 'small', action.press));
    this.banners.append(shown);
  }

  dismiss(kind: string): void {
    this.banners.querySelector(`[data-test="banner-${kind}"]`)?.remove();
  }

  /** Nothing can be typed or pressed any more, except in banners. */
  lock(): void {
    this.tasks.inert = true;
    for (const bar of [this.flowButtons, this.kernelButtons]) bar.inert = true;
  }

  focusTitle(): void {
    this.progressText.focus({ preventScroll: true });
  }

  /** Resolves with true when the participant confirmed. */
  confirm(title: string, text: string, confirmLabel: string): Promise<boolean> {
    return new Promise((resolve) => {
      const dialog = element('dialog', { class: 'dialog', 'aria-label': title });
      const close = (answer: boolean) => () => {
        dialog.close(answer ? 'yes' : '');
      };
      const cancel = button(this.texts.cancel, 'cancel', 'ghost', close(false));
      const confirm = button(confirmLabel, 'confirm', 'primary', close(true));
      dialog.append(
        element('h2', {}, title),
        element('p', {}, text),
        element('div', { class: 'group' }, cancel, confirm),
      );
      dialog.addEventListener('close', () => {
        dialog.remove();
        resolve(dialog.returnValue === 'yes');
      });
      this.frame.append(dialog);
      dialog.showModal();
    });
  }

  private flowButton(action: FlowAction): HTMLButtonElement {
    const kind = PRIMARY.includes(action) ? 'primary' : 'ghost';
    return button(this.texts[action], action, kind, this.actions[action]);
  }
}

/** A live region that is set to the text it has would be read out again. */
function setText(region: HTMLElement, text: string): void {
  if (region.textContent !== text) region.textContent = text;
}
