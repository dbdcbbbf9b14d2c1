/** The frame around the tasks: header with progress, time and states, banners, the bar of actions. */
import { Banners } from './banners.js';
import { Dialogs } from './dialog.js';
import { button, element } from './dom.js';
import type { Flow, FlowAction } from './flow.js';
import type { KernelState } from './kernel.js';
import { fill, type Messages } from './messages.js';
import type { SaveState } from './outbox.js';
import { clockText } from './task-clock.js';

export interface PageActions extends Readonly<Record<FlowAction, () => void>> {
  readonly stop: () => void;
  readonly reset: () => void;
  readonly toCurrentTask: () => void;
}

const PRIMARY: readonly FlowAction[] = ['start', 'next', 'finish'];
/** The clock stands out from here on. */
const SHORT_TIME = 60;

export class PageView {
  readonly tasks = element('main', { class: 'tasks' });
  readonly banners = new Banners();
  readonly dialogs: Dialogs;
  private readonly where = element('h1', { class: 'task-title', 'data-test': 'task-title' });
  private readonly progressBar = element('div', { class: 'progress', 'aria-hidden': 'true' });
  private readonly clock = element('div', { class: 'clock', role: 'timer', 'data-test': 'clock', hidden: '' });
  private readonly saveState = element('span', { class: 'state', 'data-test': 'save-state' });
  private readonly kernelState = element('span', { class: 'state kernel', 'data-test': 'kernel-state' });
  /** Read out, not seen: what the eye finds without being told. */
  private readonly told = element('p', { class: 'unseen', role: 'status', 'data-test': 'told' });
  private readonly flowButtons = element('div', { class: 'group' });
  private readonly kernelButtons: HTMLElement;
  private readonly stop: HTMLButtonElement;
  private readonly frame: HTMLElement;

  constructor(
    private readonly title: string,
    private readonly texts: Messages,
    private readonly actions: PageActions,
  ) {
    // Not `disabled`: who has just pressed it would lose the keyboard's place on the page.
    this.stop = button(texts.stop, 'stop', 'ghost', () => {
      if (this.stop.getAttribute('aria-disabled') === 'false') actions.stop();
    });
    this.stop.title = texts.stopHint;
    this.setRunning(false);
    const reset = button(texts.reset, 'reset', 'ghost', actions.reset);
    this.kernelButtons = element('div', { class: 'group' }, this.stop, reset);
    const footer = element('footer', { class: 'bottom' }, this.kernelButtons, this.flowButtons);
    const head = element('div', { class: 'head' }, this.header(), this.banners.root);
    const link = element('a', { href: '/withdraw', 'data-test': 'to-withdraw' }, texts.withdraw);
    const leave = element('aside', { class: 'leave' }, link);
    this.frame = element('div', { class: 'frame' }, this.skipLink(), head, this.tasks, leave, footer, this.told);
    keepInSight(head, footer);
    this.dialogs = new Dialogs(this.frame);
    this.setSaveState('saved');
  }

  mount(parent: HTMLElement): void {
    parent.replaceChildren(this.frame);
  }

  /** `hasCode`: there is something on the page that can be run. */
  showFlow(flow: Flow, hasCode: boolean): void {
    const { task, total } = flow.progress;
    const { kind } = flow.current;
    const place = whereText(flow, this.texts);
    this.where.textContent = place;
    document.title = `${place} – ${this.title}`;
    const done = kind === 'task' ? task - 1 : task;
    const steps = Array.from({ length: total }, (_, step) =>
      element('span', {
        class: step < done ? 'step done' : step === done && kind === 'task' ? 'step current' : 'step',
      }),
    );
    this.progressBar.replaceChildren(...steps);
    this.kernelButtons.hidden = !hasCode;
    this.flowButtons.replaceChildren(...flow.actions.map((action) => this.flowButton(action)));
  }

  /** The time left for the task, `null` where it has no limit. */
  setTimeLeft(seconds: number | null): void {
    this.clock.hidden = seconds === null;
    if (seconds === null) return;
    const text = clockText(seconds);
    if (this.clock.textContent === text) return;
    this.clock.textContent = text;
    this.clock.setAttribute('aria-label', fill(this.texts.timeLeft, { time: text }));
    this.clock.classList.toggle('short', seconds <= SHORT_TIME);
  }

  setSaveState(state: SaveState): void {
    this.saveState.dataset.state = state;
    this.saveState.textContent = this.texts[state];
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
    this.kernelState.textContent = text;
  }

  /** There is something to stop. */
  setRunning(running: boolean): void {
    this.stop.setAttribute('aria-disabled', String(!running));
  }

  tell(text: string): void {
    this.told.textContent = text;
  }

  /** Nothing can be typed or pressed any more, except in banners. */
  lock(): void {
    this.dialogs.close();
    // Not the tasks' own element: it is what a screen reader finds the page's contents by.
    for (const part of [...this.tasks.children, this.flowButtons, this.kernelButtons])
      part.toggleAttribute('inert', true);
  }

  private header(): HTMLElement {
    return element(
      'header',
      { class: 'top' },
      element('div', { class: 'where' }, element('p', { class: 'study' }, this.title), this.where),
      element('div', { class: 'pace' }, this.progressBar, this.clock),
      element('div', { class: 'states' }, this.kernelState, this.saveState),
    );
  }

  /** Past the earlier tasks, whose editors are many stops for the keyboard. */
  private skipLink(): HTMLElement {
    return button(this.texts.toCurrentTask, 'to-current-task', 'skip-link', this.actions.toCurrentTask);
  }

  private flowButton(action: FlowAction): HTMLButtonElement {
    const kind = PRIMARY.includes(action) ? 'primary' : 'ghost';
    return button(this.texts[action], action, kind, this.actions[action]);
  }
}

/** `Task 1 of 2: Encrypt with a shared key` */
function whereText(flow: Flow, texts: Messages): string {
  const { kind, title } = flow.current;
  const { task, total } = flow.progress;
  const place = { introduction: texts.introduction, closing: texts.closing, task: fill(texts.taskOf, { task, total }) };
  return `${place[kind]}: ${title}`;
}

/** What gets the focus is scrolled to where neither bar covers it, however high the bars are. */
function keepInSight(head: HTMLElement, foot: HTMLElement): void {
  const height = (bar: HTMLElement): string =>
    getComputedStyle(bar).position === 'sticky' ? `${bar.offsetHeight + 8}px` : '0';
  const observer = new ResizeObserver(() => {
    document.documentElement.style.scrollPaddingBlock = `${height(head)} ${height(foot)}`;
  });
  observer.observe(head);
  observer.observe(foot);
}
