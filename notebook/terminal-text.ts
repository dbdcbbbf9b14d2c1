/**
 * What a terminal would show of a program's text (free of the DOM). Lines that a program rewrites, such as its progress, are kept
 * once, as they stand: colours remain as escape sequences, movements of the cursor are carried out.
 */
import { escapeAt, sgrAfter, unfinishedEscape, type Escape } from './ansi.js';

/** A program can move the cursor up by this many lines; what is above is settled. */
const REACH = 50;
const MOST_COLUMNS = 10_000;

interface Cell {
  readonly character: string;
  readonly sgr: string;
}

/** A carriage return that is no line end, a backspace, or an escape sequence other than a colour. */

const MOVES = /\r(?!\n)|[\b]|\x1b(?!\[[\d;]*m)/;

export function terminalText(text: string): string {
  const terminal = new TerminalText();
  terminal.write(text);
  return terminal.text;
}

export class TerminalText {
  private settled = '';
  private settledSgr = '';
  /** The last lines while the cursor is not at the end of the text. */
  private lines: Cell[][] | null = null;
  private row = 0;
  private column = 0;
  private sgr = '';
  /** An escape sequence, or a carriage return, of which the rest is still to come. */
  private unfinished = '';

  get text(): string {
    return this.settled + (this.lines ? written(this.lines, this.settledSgr) : '');
  }

  write(chunk: string): void {
    const whole = this.unfinished + chunk;
    this.unfinished = whole.endsWith('\r') ? '\r' : unfinishedEscape(whole);
    const text = this.unfinished === '' ? whole : whole.slice(0, -this.unfinished.length);
    if (!this.lines && !MOVES.test(text)) {
      this.append(text.replaceAll('\r\n', '\n'));
      this.sgr = this.settledSgr;
      return;
    }
    this.lines ??= this.takeBack();
    this.play(text.replaceAll('\r\n', '\n'));
    this.settle();
  }

  /** The last settled lines become ones that can be rewritten. */
  private takeBack(): Cell[][] {
    let start = this.settled.length;
    for (let line = 0; line < REACH && start > 0; line++) start = this.settled.lastIndexOf('\n', start - 1);
    start = Math.max(0, start + (start > 0 ? 1 : 0));
    const tail = this.settled.slice(start);
    this.settled = this.settled.slice(0, start);
    this.settledSgr = sgrAfter(this.settled, '');
    this.lines = [[]];
    this.row = 0;
    this.column = 0;
    const { sgr } = this;
    this.sgr = this.settledSgr;
    this.play(tail);
    this.sgr = sgr;
    return this.lines;
  }

  private play(text: string): void {
    for (let at = 0; at < text.length;) {
      const escape = text[at] === '\x1b' ? escapeAt(text, at) : null;
      if (escape) {
        this.obey(escape);
        at += escape.length;
        continue;
      }
      const character = String.fromCodePoint(text.codePointAt(at)!);
      this.put(character);
      at += character.length;
    }
  }

  private put(character: string): void {
    if (character === '\r') this.column = 0;
    else if (character === '\b') this.eraseBack();
    else if (character === '\n') {
      this.row++;
      this.column = 0;
      if (this.row === this.lines!.length) this.lines!.push([]);
    } else {
      // The cursor may stand beyond the end of its line.
      while (this.line.length < this.column) this.line.push({ character: ' ', sgr: '' });
      this.line[this.column++] = { character, sgr: this.sgr };
    }
  }

  /** Programs that step back mean to take back. */
  private eraseBack(): void {
    if (this.column === 0) return;
    this.column--;
    if (this.column === this.line.length - 1) this.line.pop();
  }

  private obey({ kind, count, sequence }: Escape): void {
    if (kind === 'm') this.sgr = sgrAfter(sequence, this.sgr);
    else if (kind === 'A') this.row = Math.max(0, this.row - Math.max(1, count));
    else if (kind === 'B') this.row = Math.min(this.lines!.length - 1, this.row + Math.max(1, count));
    else if (kind === 'C') this.column = Math.min(MOST_COLUMNS, this.column + Math.max(1, count));
    else if (kind === 'D') this.column = Math.max(0, this.column - Math.max(1, count));
    else if (kind === 'G') this.column = Math.min(MOST_COLUMNS, Math.max(0, count - 1));
    else if (kind === 'K' && count === 0) this.line.length = Math.min(this.line.length, this.column);
    else if (kind === 'K' && count === 2) this.line.length = 0;
  }

  private get line(): Cell[] {
    return this.lines![this.row]!;
  }

  private settle(): void {
    const lines = this.lines!;
    const atEnd = this.row === lines.length - 1 && this.column === this.line.length;
    const done = atEnd ? lines.length : Math.max(0, Math.min(this.row, lines.length - REACH));
    if (done === 0) return;
    this.append(written(lines.splice(0, done), this.settledSgr) + (atEnd ? '' : '\n'));
    this.row -= done;
    if (!atEnd) return;
    this.lines = null;
    // The text that follows continues in the colour of now, whatever the last character had.
    if (this.settledSgr !== this.sgr) this.append(switchTo(this.sgr));
  }

  private append(text: string): void {
    this.settled += text;
    this.settledSgr = sgrAfter(text, this.settledSgr);
  }
}

/** Lines as text, in which colours are switched where they change. */
function written(lines: readonly (readonly Cell[])[], before: string): string {
  let sgr = before;
  let text = '';
  lines.forEach((line, index) => {
    if (index > 0) text += '\n';
    for (const cell of line) {
      if (cell.sgr !== sgr) text += switchTo(cell.sgr);
      sgr = cell.sgr;
      text += cell.character;
    }
  });
  return text;
}

function switchTo(sgr: string): string {
  return `\x1b[0${sgr === '' ? '' : `;${sgr}`}m`;
}
