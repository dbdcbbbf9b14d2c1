/** What the original's page would have posted while a participant worked: letters, and its two measures of time. */
import type { StudyEvent } from '../event.js';
import { letterOfEvent, type StatusLetter } from './status.js';

export interface OriginalStep {
  /** Of our event. */
  readonly seq: number;
  /** In the reading of `main`. */
  readonly status: StatusLetter;
  readonly time: OriginalTime;
}

export interface OriginalTime {
  /** Seconds for which the window had the focus since the page was loaded, in steps of half a second. */
  readonly focusTime: number;
  /** JSON text: by task number the moments of its run clicks since the page was loaded, as UTC date strings. */
  readonly execTime: string;
}

type Recorded = Pick<StudyEvent, 'seq' | 'type' | 'at' | 'page' | 'task' | 'focusSeconds'>;

/** @param events of one participant, in order; @param numbers see `taskNumbers` */
export function originalSteps(events: Iterable<Recorded>, numbers: ReadonlyMap<string, number>): OriginalStep[] {
  const steps: OriginalStep[] = [];
  let page: string | undefined;
  let runs: Record<number, string[]> = {};
  for (const event of events) {
    // The original kept both in the page's memory.
    if (event.page !== page) [page, runs] = [event.page, {}];
    const number = numbers.get(event.task ?? '');
    if (event.type === 'run' && number !== undefined) (runs[number] ??= []).push(new Date(event.at).toUTCString());
    const status = letterOfEvent(event.type);
    if (status === undefined) continue;
    const time = { focusTime: Math.floor(event.focusSeconds * 2) / 2, execTime: JSON.stringify(runs) };
    steps.push({ seq: event.seq, status, time });
  }
  return steps;
}
