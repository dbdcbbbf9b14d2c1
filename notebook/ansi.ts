/** Escape sequences of terminals (free of the DOM). The state of the colours is written as their parameters, such as `1;31`. */

export interface Escape {
  /** The last letter of a sequence that moves or colours; others have none and are passed over. */
  readonly kind: string;
  readonly count: number;
  readonly sequence: string;
  readonly length: number;
}

/** CSI; OSC, DCS and the like with their text, so that a link's address is not shown as text; the rest, two characters. */
const ESCAPE = /\x1b(?:\[([0-?]*)[ -/]*([@-~])|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|[^[\]PX^_]|$)?/y;
const UNFINISHED = /\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]*\x1b?)?$/;
const SGR = /\x1b\[([\d;]*)m/g;

/** An unfinished sequence is waited for up to this length: a program may never end it. */
const LONGEST = 4096;
const MOST_PARAMETERS = 24;

export function escapeAt(text: string, at: number): Escape {
  ESCAPE.lastIndex = at;
  const match = ESCAPE.exec(text);
  const [sequence, parameters = '', kind = ''] = match ?? [text[at] ?? ''];
  return { kind, count: Number.parseInt(parameters, 10) || 0, sequence, length: sequence.length };
}

/** The start of an escape sequence at the end of the text. */
export function unfinishedEscape(text: string): string {
  const found = UNFINISHED.exec(text.slice(-LONGEST));
  return found?.[0] ?? '';
}

/** The state of the colours after the text. */
export function sgrAfter(text: string, before: string): string {
  let sgr = before;
  for (const [, parameters = ''] of text.matchAll(SGR)) {
    const numbers = parameters.split(';');
    // 0 inside of 38;5;0 is a colour, not a reset.
    const reset = lastReset(numbers);
    const kept = reset < 0 && sgr !== '' ? [sgr] : [];
    sgr = [...kept, ...numbers.slice(reset + 1)].join(';');
    if (sgr.length > 4 * MOST_PARAMETERS) sgr = sgr.split(';').slice(-MOST_PARAMETERS).join(';');
  }
  return sgr;
}

function lastReset(numbers: readonly string[]): number {
  let reset = -1;
  for (let index = 0; index < numbers.length; index++) {
    const number = Number(numbers[index]);
    if (number === 0) reset = index;
    if (number === 38 || number === 48) index += numbers[index + 1] === '2' ? 4 : 2;
  }
  return reset;
}

export interface Run {
  readonly text: string;
  readonly sgr: string;
}

const INVISIBLE = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g;

/** The text in runs of one look each, without anything that is not text. */
export function runsOf(text: string, before: string): Run[] {
  const runs: Run[] = [];
  let sgr = before;
  for (let at = 0; at < text.length;) {
    const next = text.indexOf('\x1b', at);
    const end = next < 0 ? text.length : next;
    const visible = text.slice(at, end).replace(INVISIBLE, '');
    if (visible !== '') runs.push({ text: visible, sgr });
    if (next < 0) break;
    const { sequence, length } = escapeAt(text, next);
    sgr = sgrAfter(sequence, sgr);
    at = next + length;
  }
  return runs;
}
