/** What the kernel knows about a place in the code: completions of a name, and what is behind it (free of the DOM). */
import { PageConfig } from '@jupyterlab/coreutils';
import type { KernelConnection } from '@jupyterlab/services/lib/kernel/default.js';

/** Later than this nobody waits for help, milliseconds. */
const PATIENCE = 3000;

export interface Completions {
  /** What is replaced, in UTF-16 units. */
  readonly from: number;
  readonly to: number;
  readonly matches: readonly string[];
}

/** Help is no work of the participant's: the kernel is not shown as busy with it. */
PageConfig.setOption('untracked_message_types', JSON.stringify(['complete_request', 'inspect_request']));

export class KernelHelp {
  private asked: KernelConnection | null = null;

  constructor(private readonly kernel: () => KernelConnection | null) {}

  /** A kernel answers one after the other: behind a running program, or a question before, nothing is asked. */
  get isReady(): boolean {
    const kernel = this.kernel();
    return kernel !== null && kernel.status === 'idle' && kernel !== this.asked;
  }

  async complete(code: string, position: number): Promise<Completions | null> {
    const reply = await this.ask((kernel) => kernel.requestComplete({ code, cursor_pos: toPoints(code, position) }));
    if (reply?.content.status !== 'ok') return null;
    const { matches, cursor_start: start, cursor_end: end } = reply.content;
    return { from: toUnits(code, start), to: toUnits(code, end), matches };
  }

  /** With escape sequences for colours. */
  async inspect(code: string, position: number): Promise<string | null> {
    const reply = await this.ask((kernel) =>
      kernel.requestInspect({ code, cursor_pos: toPoints(code, position), detail_level: 0 }),
    );
    const text = reply?.content.status === 'ok' && reply.content.found ? reply.content.data['text/plain'] : null;
    return typeof text === 'string' ? text : null;
  }

  private async ask<Reply>(question: (kernel: KernelConnection) => Promise<Reply>): Promise<Reply | null> {
    const kernel = this.kernel();
    if (!kernel || !this.isReady) return null;
    this.asked = kernel;
    // A kernel that goes in the middle does not answer: there is no help, and that is all.
    const answer = question(kernel).catch(() => null);
    void answer.then(() => {
      if (this.asked === kernel) this.asked = null;
    });
    return Promise.race([answer, new Promise<null>((resolve) => setTimeout(resolve, PATIENCE, null))]);
  }
}

/** Kernels count characters, not UTF-16 units. */
function toPoints(code: string, units: number): number {
  return [...code.slice(0, units)].length;
}

function toUnits(code: string, points: number): number {
  return [...code].slice(0, points).join('').length;
}
