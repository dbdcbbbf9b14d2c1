/** The original's status letters, and which of our events they stand for. */
import type { EventKind } from '../../studies/recording.js';

export const statusLetters = ['b', 'r', 'n', 's', 'f'] as const;
export type StatusLetter = (typeof statusLetters)[number];

/** The original's versions swapped two letters; its data have to be read as their version meant them. */
export const readings = ['main', 'dev'] as const;
export type Reading = (typeof readings)[number];

type Step = 'start' | 'run' | 'next' | 'skip' | 'finish';

const steps: Record<Reading, Record<StatusLetter, Step>> = {
  main: { b: 'start', r: 'run', n: 'skip', s: 'next', f: 'finish' },
  dev: { b: 'start', r: 'run', n: 'next', s: 'skip', f: 'finish' },
};

/** What a letter means, in the words of our own events. */
export function stepOfLetter(letter: StatusLetter, reading: Reading): Step {
  return steps[reading][letter];
}

/** The letter of one of our events in the reading of `main`; most kinds have none, a task whose time is up among them. */
export function letterOfEvent(kind: EventKind): StatusLetter | undefined {
  return statusLetters.find((letter) => steps.main[letter] === kind);
}
