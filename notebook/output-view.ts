/** Shows what a cell's code has put out. */
import { bundleView } from './bundle-view.js';
import type { Output } from './document.js';
import { button, element } from './dom.js';
import type { Messages } from './messages.js';
import { OutputFold } from './output-fold.js';
import { terminal, TerminalView } from './terminal-view.js';

/** Bursts of output are drawn this often, milliseconds, and more rarely where drawing takes long: the page stays usable. */
const REDRAW = 50;
const SHARE = 4;

/** An output as it is drawn. */
interface Shown {
  readonly output: Output;
  readonly data: unknown;
  readonly node: HTMLElement;
  /** Draws a longer or changed text. */
  readonly redraw: () => void;
}

export class OutputView {
  readonly root: HTMLElement;
  private readonly log: HTMLElement;
  private readonly list = element('div', { class: 'outputs' });
  private readonly fold: OutputFold;
  private shown: Shown[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pause = REDRAW;

  constructor(
    cellId: string,
    label: string,
    private readonly texts: Messages,
    private readonly outputs: () => readonly Output[],
  ) {
    const attributes = { class: 'log', role: 'log', 'aria-label': label, 'data-test': `output-${cellId}` };
    this.log = element('div', attributes, this.list);
    this.fold = new OutputFold(this.log, this.list, `fold-${cellId}`, texts);
    this.root = element('div', { class: 'output' }, this.log, this.fold.bar);
    this.draw();
  }

  update(): void {
    this.timer ??= setTimeout(() => {
      this.draw();
    }, this.pause);
  }

  draw(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const start = performance.now();
    const outputs = this.outputs();
    this.root.classList.toggle('empty', outputs.length === 0);
    this.fold.following(() => {
      this.drawChanges(outputs);
    });
    this.pause = Math.max(REDRAW, (performance.now() - start) * SHARE);
  }

  /** Asks for a line on behalf of the program's `input()`. */
  ask(prompt: string, secret: boolean): Promise<string> {
    // A program that goes on after an interrupt may ask again.
    this.closeInput();
    this.draw();
    this.root.classList.remove('empty');
    return new Promise((resolve) => {
      const field = element('input', {
        type: secret ? 'password' : 'text',
        autocomplete: 'off',
        'aria-label': prompt || this.texts.inputLabel,
        'data-test': 'input',
      });
      const form = element('form', { class: 'program-input' }, element('span', {}, prompt), field);
      form.append(button(this.texts.inputSend, 'input-send', 'small', () => undefined));
      form.querySelector('button')!.type = 'submit';
      form.addEventListener('submit', (event) => {
        event.preventDefault();
        form.remove();
        resolve(field.value);
      });
      this.root.append(form);
      field.focus();
    });
  }

  /** The run is over: nobody waits for an answer any more. */
  closeInput(): void {
    this.root.querySelector('.program-input')?.remove();
  }

  private drawChanges(outputs: readonly Output[]): void {
    const kept = this.shown;
    this.shown = outputs.map((output, index) => {
      const before = kept[index];
      if (before?.output !== output || before.data !== dataOf(output)) return this.drawOutput(output);
      before.redraw();
      return before;
    });
    this.shown.forEach(({ node }, index) => {
      const there = this.list.children[index];
      if (there === node) return;
      if (there) there.replaceWith(node);
      else this.list.append(node);
    });
    while (this.list.children.length > this.shown.length) this.list.lastElementChild!.remove();
  }

  private drawOutput(output: Output): Shown {
    const fixed = (node: HTMLElement): Shown => ({ output, data: dataOf(output), node, redraw: () => undefined });
    if (output.output_type === 'error') {
      return fixed(terminal(output.traceback.join('\n') || `${output.ename}: ${output.evalue}`, 'error'));
    }
    if (output.output_type !== 'stream')
      return fixed(element('div', { class: 'bundle' }, bundleView(output, this.texts)));
    const view = new TerminalView(output.name === 'stderr' ? 'stderr' : 'stdout');
    const redraw = (): void => {
      view.show(output.text);
    };
    redraw();
    return { output, data: undefined, node: view.root, redraw };
  }
}

function dataOf(output: Output): unknown {
  return 'data' in output ? output.data : undefined;
}
