/** Text of a program as a terminal shows it. Each piece becomes a text node, so that nothing in it can be taken for HTML. */
import { sgrAfter, runsOf } from './ansi.js';
import { lookOf } from './ansi-look.js';
import { element } from './dom.js';

/** A part of the text that is drawn, with the colours in which it ends. */
interface Drawn {
  readonly text: string;
  readonly sgrAtEnd: string;
  readonly node: HTMLElement;
}

export class TerminalView {
  readonly root: HTMLPreElement;
  private drawn: Drawn[] = [];

  constructor(kind: string) {
    this.root = element('pre', { class: `terminal ${kind}` });
  }

  /** Draws only what is not the same as before: a program that prints, or rewrites its last line, costs what it changed. */
  show(text: string): void {
    let start = 0;
    const kept = this.drawn.findIndex((part) => {
      const isSame = text.startsWith(part.text, start);
      if (isSame) start += part.text.length;
      return !isSame;
    });
    const dropped = kept < 0 ? [] : this.drawn.splice(kept);
    for (const { node } of dropped) node.remove();
    const lineStart = text.lastIndexOf('\n') + 1;
    // The line that is being written stands alone: it is the one that changes.
    for (const [from, to] of [
      [start, Math.max(start, lineStart)],
      [Math.max(start, lineStart), text.length],
    ] as const) {
      if (from < to) this.add(text.slice(from, to));
    }
  }

  private add(text: string): void {
    const before = this.drawn.at(-1)?.sgrAtEnd ?? '';
    const node = element('span', {}, ...runsOf(text, before).map(({ text: visible, sgr }) => styled(visible, sgr)));
    this.drawn.push({ text, sgrAtEnd: sgrAfter(text, before), node });
    this.root.append(node);
  }
}

export function terminal(text: string, kind: string): HTMLPreElement {
  const view = new TerminalView(kind);
  view.show(text);
  return view.root;
}

function styled(text: string, sgr: string): Node | string {
  if (sgr === '') return text;
  const { classes, color, background } = lookOf(sgr);
  const span = element('span', { class: classes.join(' ') }, text);
  // Terminals are black: towards the text's colour each can be read on light and dark.
  if (color) span.style.color = `color-mix(in oklab, ${color}, var(--text) 40%)`;
  if (background) span.style.backgroundColor = `color-mix(in oklab, ${background}, var(--card) 70%)`;
  return span;
}
