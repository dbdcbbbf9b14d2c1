/** What the waiting page says of somebody's place, in the study's language. */
import type { Place } from '../participants/line-view.js';

type Waiting = Extract<Place, { state: 'waiting' }>;

export interface WaitingWords {
  readonly position: string;
  readonly wait: string;
}

export function waitingWords({ before, expected, language }: Waiting): WaitingWords {
  const words = language === 'de' ? german : english;
  return { position: words.position(before), wait: waitIn(words, expected) };
}

interface Words {
  position(before: number): string;
  readonly unknown: string;
  readonly soon: string;
  readonly long: string;
  seconds(number: number): string;
  minutes(number: number): string;
}

/** Longer than the truth rather than shorter, and no more precise than it is. */
function waitIn(words: Words, expected: number | null): string {
  if (expected === null) return words.unknown;
  if (expected <= 5) return words.soon;
  if (expected <= 50) return words.seconds(Math.ceil(expected / 10) * 10);
  if (expected <= 3_600) return words.minutes(Math.ceil(expected / 60));
  return words.long;
}

const english: Words = {
  position: (before) =>
    before === 0 ? 'You are next.' : before === 1 ? '1 person is before you.' : `${before} people are before you.`,
  unknown: 'How long it will take cannot be said yet.',
  soon: 'It will only take a moment.',
  long: 'It will probably take more than an hour.',
  seconds: (number) => `It will take about ${number} seconds.`,
  minutes: (number) => `It will take about ${number === 1 ? 'a minute' : `${number} minutes`}.`,
};

const german: Words = {
  position: (before) =>
    before === 0
      ? 'Sie sind als Nächstes an der Reihe.'
      : before === 1
        ? '1 Person ist vor Ihnen.'
        : `${before} Personen sind vor Ihnen.`,
  unknown: 'Wie lange es dauert, lässt sich noch nicht sagen.',
  soon: 'Es dauert nur noch einen Moment.',
  long: 'Es dauert wahrscheinlich länger als eine Stunde.',
  seconds: (number) => `Es dauert etwa ${number} Sekunden.`,
  minutes: (number) => `Es dauert etwa ${number === 1 ? 'eine Minute' : `${number} Minuten`}.`,
};
