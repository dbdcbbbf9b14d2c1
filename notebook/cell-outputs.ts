/** The outputs of one cell: joined, exchanged, and cut where a program puts out more than is kept (free of the DOM). */
import type { CodeCell, MimeBundle, Output } from './document.js';
import { outputFrom } from './output.js';
import { TerminalText } from './terminal-text.js';

/** What a cell keeps, in characters (for pictures and the like, of their JSON), and in number of outputs. docs/researchers.md tells these. */
export const LIMITS = { text: 200_000, rich: 1_000_000, errors: 100_000, outputs: 2000 };

/** In the metadata of the output that marks a cut: how many characters are not there. */
export const CUT_KEY = 'observatory_cut';

type Bundle = Extract<Output, { data: MimeBundle }>;
type ErrorOutput = Extract<Output, { output_type: 'error' }>;
type Stream = Extract<Output, { output_type: 'stream' }>;
type Kind = 'text' | 'rich' | 'errors';

export class CellOutputs {
  /** Characters that are missing in what the cell shows. */
  cut = 0;
  /** Characters beyond what is kept, over the whole run. */
  excess = 0;
  private used: Record<Kind, number> = { text: 0, rich: 0, errors: 0 };
  private last: { output: Stream; terminal: TerminalText } | null = null;
  /** Text was cut: what follows is not kept either, it would be read as if it followed. */
  private isFull = false;
  private mark: Bundle | null = null;
  private displays = new Map<string, Bundle[]>();

  constructor(
    private readonly cell: CodeCell,
    /** Characters that the whole document still has room for. */
    private readonly room: () => number,
  ) {
    cell.outputs = cell.outputs.flatMap((output) => outputFrom(output.output_type, { ...output }) ?? []);
    for (const output of cell.outputs) this.used[kindOf(output)] += sizeOf(output);
  }

  get size(): number {
    return this.used.text + this.used.rich + this.used.errors;
  }

  startRun(): void {
    this.clear();
    this.excess = 0;
  }

  clear(): void {
    this.cell.outputs = [];
    this.used = { text: 0, rich: 0, errors: 0 };
    this.cut = 0;
    this.last = null;
    this.isFull = false;
    this.mark = null;
    this.displays.clear();
  }

  append(output: Output, displayId: string | null): void {
    if (output.output_type === 'stream') {
      this.appendStream(output);
      return;
    }
    this.last = null;
    const fitting = output.output_type === 'error' ? endOf(output) : output;
    if (!this.take(kindOf(output), sizeOf(fitting))) return;
    this.cell.outputs.push(fitting);
    if (displayId !== null && 'data' in fitting) {
      this.displays.set(displayId, [...(this.displays.get(displayId) ?? []), fitting]);
    }
  }

  /** A word of this page about the run, which is never cut. */
  notice(text: string): void {
    this.last = null;
    this.cell.outputs.push({ output_type: 'stream', name: 'stderr', text: `${text}\n` });
  }

  /** Says whether this cell shows that display. */
  update(displayId: string, data: MimeBundle, metadata: MimeBundle): boolean {
    const shown = this.displays.get(displayId) ?? [];
    for (const output of shown) {
      const more = JSON.stringify([data, metadata]).length - JSON.stringify([output.data, output.metadata]).length;
      if (!this.take('rich', more, 0)) continue;
      output.data = data;
      output.metadata = metadata;
    }
    return shown.length > 0;
  }

  private appendStream({ name, text }: Stream): void {
    if (this.last?.output.name !== name) this.startStream(name);
    if (!this.last) {
      this.drop(text.length);
      return;
    }
    const { output, terminal } = this.last;
    terminal.write(text);
    const whole = terminal.text;
    const limit = output.text.length + this.left('text');
    this.used.text += Math.min(whole.length, limit) - output.text.length;
    output.text = whole.slice(0, limit);
    if (whole.length <= limit) return;
    this.isFull = true;
    this.last = null;
    this.drop(whole.length - limit);
  }

  private startStream(name: Stream['name']): void {
    this.last = null;
    if (this.isFull || this.cell.outputs.length >= LIMITS.outputs) return;
    const output: Stream = { output_type: 'stream', name, text: '' };
    this.cell.outputs.push(output);
    this.last = { output, terminal: new TerminalText() };
  }

  private left(kind: Kind): number {
    return Math.max(0, Math.min(LIMITS[kind] - this.used[kind], this.room()));
  }

  private take(kind: Kind, size: number, outputs = 1): boolean {
    const fits = size <= this.left(kind) && this.cell.outputs.length + outputs <= LIMITS.outputs;
    if (fits) this.used[kind] += size;
    else this.drop(size);
    return fits;
  }

  private drop(characters: number): void {
    this.cut += characters;
    this.excess += characters;
    if (!this.mark) {
      this.mark = { output_type: 'display_data', data: {}, metadata: {} };
      this.cell.outputs.push(this.mark);
      this.last = null;
    }
    this.mark.data = { 'text/plain': `… ${this.cut} characters cut here` };
    this.mark.metadata = { [CUT_KEY]: this.cut };
  }
}

function kindOf(output: Output): Kind {
  if (output.output_type === 'stream') return 'text';
  return output.output_type === 'error' ? 'errors' : 'rich';
}

function sizeOf(output: Output): number {
  return output.output_type === 'stream' ? output.text.length : JSON.stringify(output).length;
}

/** A long traceback, such as that of endless recursion, ends with what matters. */
function endOf(error: ErrorOutput): ErrorOutput {
  const most = LIMITS.errors / 4;
  const text = error.traceback.join('\n');
  const traceback = text.length > most ? [`…\n${text.slice(-most)}`] : error.traceback;
  return { ...error, ename: error.ename.slice(0, 1000), evalue: error.evalue.slice(0, most), traceback };
}
