import { stripVTControlCharacters } from 'node:util';
import { LOG_BYTES } from '../../platform/nomad/instance-look.js';

const MOST_LINES = 200;
const MOST_CHARACTERS = 400;

export interface LogLines {
  readonly lines: readonly string[];
  /** Whether there is more before them. */
  readonly isCut: boolean;
}

/**
 * The last lines of a log, fit to be shown. Participants' programs can write into it: colours and whatever else a terminal obeys is taken out,
 * and characters that cannot be seen, or that turn the text around, are shown by their numbers.
 */
export function lastLines(text: string): LogLines {
  const isEnd = Buffer.byteLength(text) >= LOG_BYTES;
  const all = stripVTControlCharacters(text)
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .split('\n');
  if (all.at(-1) === '') all.pop();
  // The first line of an end is a part of one.
  const whole = isEnd && all.length > 1 ? all.slice(1) : all;
  const lines = whole.slice(-MOST_LINES).map((line) => visible(shortened(line)));
  return { lines, isCut: isEnd || lines.length < whole.length };
}

function shortened(line: string): string {
  return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS)} …` : line;
}

const visible = (line: string): string =>
  line.replace(/[^\P{C}\t]/gu, (character) => {
    const number = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
    return `⟨U+${number}⟩`;
  });
