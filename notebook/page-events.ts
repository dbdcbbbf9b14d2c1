/** What the window and the page tell of the participant: in front or not, its size, where it is scrolled to, and that it may be gone soon. */
import type { Flow } from './flow.js';
import type { FocusClock } from './focus-clock.js';
import type { Outbox } from './outbox.js';
import type { Recorder } from './recorder.js';

export interface PageEventsParts {
  readonly recorder: Recorder;
  readonly outbox: Outbox;
  readonly clock: FocusClock;
  readonly flow: Flow;
  /** Where the tasks are. */
  readonly tasks: HTMLElement;
  /** The network is back. */
  readonly online: () => void;
}

/** A movement is over when nothing has moved for so long, milliseconds. */
const SETTLED = 500;

export function listenToPage(parts: PageEventsParts): void {
  listenToFocus(parts);
  listenToLeaving(parts);
  listenToSize(parts);
  listenToScrolling(parts);
  addEventListener('online', () => {
    parts.outbox.kick();
    parts.online();
  });
}

function listenToFocus({ recorder, clock }: PageEventsParts): void {
  addEventListener('focus', () => {
    clock.focus();
    recorder.record('focus', {});
  });
  addEventListener('blur', () => {
    clock.blur();
    recorder.flushEdits();
    recorder.record('blur', {});
  });
}

/** Hidden may be the last that a page hears: a phone ends pages in the background without a word. */
function listenToLeaving({ recorder, outbox, clock }: PageEventsParts): void {
  document.addEventListener('visibilitychange', () => {
    const visible = document.visibilityState === 'visible';
    if (!visible) clock.blur();
    else if (document.hasFocus()) clock.focus();
    recorder.flushEdits();
    recorder.record('visibility', { visible });
    if (!visible) outbox.leave();
  });
  addEventListener('pagehide', () => {
    recorder.flushEdits();
    outbox.leave();
  });
  // A page out of the browser's memory may have been overtaken: what it knows is read anew.
  addEventListener('pageshow', (event) => {
    if (event.persisted) location.reload();
  });
}

function listenToSize({ recorder }: PageEventsParts): void {
  let known = sizeOfWindow();
  const record = settled(() => {
    const size = sizeOfWindow();
    if (size.width === known.width && size.height === known.height) return;
    known = size;
    recorder.record('resize', size);
  });
  addEventListener('resize', record);
}

export function sizeOfWindow(): { width: number; height: number } {
  return { width: innerWidth, height: innerHeight };
}

function listenToScrolling({ recorder, flow, tasks }: PageEventsParts): void {
  let current = flow.current.id;
  let seen = current;
  const record = settled(() => {
    // To a task that begins the page scrolls by itself.
    if (flow.current.id !== current) seen = flow.current.id;
    current = flow.current.id;
    const task = taskInTheMiddle(tasks);
    if (task === null || task === seen) return;
    seen = task;
    recorder.recordAt({ cell: null, task }, 'scroll', {});
  });
  addEventListener('scroll', record, { passive: true });
}

function taskInTheMiddle(tasks: HTMLElement): string | null {
  const middle = innerHeight / 2;
  const sections = [...tasks.querySelectorAll<HTMLElement>('[data-task]')];
  const found = sections.find((section) => {
    const { top, bottom } = section.getBoundingClientRect();
    return top <= middle && bottom >= middle;
  });
  return found?.dataset.task ?? null;
}

function settled(action: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, SETTLED);
  };
}
