import { styleText } from 'node:util';
import type { Result } from './check.js';

const NAME_WIDTH = 26;

/** The results as lines for people, in order; those that one failure keeps from being tried share a line. */
export class Printer {
  private held: Result[] = [];

  constructor(private readonly colours: boolean) {}

  /** The lines that are ready once this result is there. */
  add(result: Result): string[] {
    const first = this.held[0];
    if (result.because !== null && (first === undefined || first.because === result.because)) {
      this.held.push(result);
      return [];
    }
    const before = this.flush();
    if (result.because === null) return [...before, ...this.lines(result)];
    this.held = [result];
    return before;
  }

  /** The last lines: what is wrong once more, since it may have scrolled away. */
  finish(results: readonly Result[], interrupted: boolean): string[] {
    const failed = results.filter(({ ok }) => ok === false);
    const passed = results.filter(({ ok }) => ok === true).length;
    const open = results.length - passed - failed.length;
    const counts = `${passed} in order${open === 0 ? '' : `, ${open} not tried`}`;
    const before = [...this.flush(), ''];
    const again = failed.flatMap(({ name, answer, advice }) => [
      `  ${name}: ${answer.split('\n').join('\n  ')}`,
      this.paint('yellow', `  → ${advice ?? ''}`),
    ]);
    if (interrupted) return [...before, this.paint('yellow', `Interrupted: ${counts}.`), ...again];
    if (failed.length === 0) return [...before, this.paint('green', `All is well: ${counts}.`)];
    const count = failed.length === 1 ? '1 is wrong' : `${failed.length} are wrong`;
    return [...before, this.paint('red', `${count}, ${counts}:`), ...again];
  }

  private flush(): string[] {
    const held = this.held;
    this.held = [];
    const [first] = held;
    if (first === undefined) return [];
    const because = `not tried, because ${first.because} is wrong`;
    if (held.length === 1) return [this.paint('dim', `– ${first.name.padEnd(NAME_WIDTH)} ${because}`)];
    const names = held.map(({ name }) => name).join(', ');
    return [this.paint('dim', `– ${`${held.length} checks`.padEnd(NAME_WIDTH)} ${because}: ${names}`)];
  }

  private lines({ name, ok, tried, answer, advice }: Result): string[] {
    const label = name.padEnd(NAME_WIDTH);
    if (ok === null) return [this.paint('dim', `– ${label} not tried: ${answer}`)];
    const said = [tried, answer]
      .filter((text) => text !== '')
      .join(': ')
      .split('\n');
    const indented = said
      .map((line, index) => (index === 0 ? line : `${' '.repeat(NAME_WIDTH + 3)}${line}`))
      .join('\n');
    if (ok) return [`${this.paint('green', '✔')} ${label} ${indented}`];
    const head = `${this.paint('red', '✘')} ${this.paint('bold', label)} ${indented}`;
    return advice === null ? [head] : [head, `${' '.repeat(NAME_WIDTH + 3)}${this.paint('yellow', `→ ${advice}`)}`];
  }

  private paint(style: 'green' | 'red' | 'yellow' | 'dim' | 'bold', text: string): string {
    return this.colours ? styleText(style, text, { validateStream: false }) : text;
  }
}
