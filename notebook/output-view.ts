/** Shows what a cell's code has put out. */
import { AnsiUp } from 'ansi_up';
import type { MimeBundle, Output } from './document.js';
import { button, element } from './dom.js';
import { renderOutputMarkdown } from './markdown.js';
import type { Messages } from './messages.js';
import { sanitised, sanitisedOwn } from './sanitise.js';
import { terminalText } from './terminal-text.js';

/** Bursts of output are drawn this often, milliseconds. */
const REDRAW = 50;

export class OutputView {
  readonly root: HTMLElement;
  private readonly list = element('div', { class: 'outputs' });
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    cellId: string,
    label: string,
    private readonly texts: Messages,
    private readonly outputs: () => readonly Output[],
  ) {
    const attributes = { class: 'output', role: 'log', 'aria-label': label, 'data-test': `output-${cellId}` };
    this.root = element('div', attributes, this.list);
    this.draw();
  }

  update(): void {
    this.timer ??= setTimeout(() => {
      this.draw();
    }, REDRAW);
  }

  draw(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const outputs = this.outputs();
    this.root.classList.toggle('empty', outputs.length === 0);
    this.list.replaceChildren(...outputs.map((output) => this.drawOutput(output)));
  }

  /** Asks for a line on behalf of the program's `input()`. */
  ask(prompt: string, secret: boolean): Promise<string> {
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

  private drawOutput(output: Output): HTMLElement {
    switch (output.output_type) {
      case 'stream':
        return terminal(terminalText(output.text), output.name);
      case 'error':
        return terminal(output.traceback.join('\n') || `${output.ename}: ${output.evalue}`, 'error');
      case 'display_data':
      case 'execute_result':
        return this.drawBundle(output.data);
    }
  }

  /** The richest form that can be shown safely. */
  private drawBundle(data: MimeBundle): HTMLElement {
    const text = (type: string): string | null => joined(data[type]);
    const png = text('image/png');
    if (png !== null) {
      const alt = text('text/plain') ?? this.texts.imageAlt;
      return element('img', { class: 'rich', src: `data:image/png;base64,${png.replace(/\s/g, '')}`, alt });
    }
    const html = text('text/html') ?? text('image/svg+xml');
    if (html !== null) return element('div', { class: 'rich' }, sanitised(html));
    const markdown = text('text/markdown');
    if (markdown !== null) return element('div', { class: 'rich prose' }, renderOutputMarkdown(markdown));
    return terminal(text('text/plain') ?? '', 'result');
  }
}

function terminal(text: string, kind: string): HTMLElement {
  const ansi = new AnsiUp();
  ansi.use_classes = true;
  ansi.url_allowlist = {};
  // Bold and the 256 colours still come as style attributes. The page's policy forbids those in HTML, but not set from here.
  // Text is escaped, so that a "<span style" is always the converter's own.
  const coloured = sanitisedOwn(ansi.ansi_to_html(text).replaceAll('<span style="', '<span data-ansi="'));
  const shown = element('pre', { class: `terminal ${kind}` }, coloured);
  for (const span of shown.querySelectorAll<HTMLElement>('[data-ansi]')) {
    span.style.cssText = span.dataset.ansi ?? '';
    // Terminals are black: towards the text's colour each can be read on light and dark.
    const { color } = span.style;
    if (color) span.style.color = `color-mix(in oklab, ${color}, var(--text) 40%)`;
  }
  return shown;
}

/** nbformat allows a text as one string or as a list of lines. */
function joined(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.join('') : null;
}
