/** What the page makes of its kernel's fate: tells it, records it, and offers to run the earlier cells again. */
import type { DocumentModel } from './document-model.js';
import type { Flow } from './flow.js';
import type { KernelEvents, KernelState, Reconnection } from './kernel.js';
import type { Messages } from './messages.js';
import type { PageView } from './page-view.js';
import type { Recorder } from './recorder.js';
import type { Runner } from './runner.js';

export interface KernelWatchParts {
  readonly model: DocumentModel;
  readonly flow: Flow;
  readonly view: PageView;
  readonly recorder: Recorder;
  readonly runner: () => Runner;
  readonly texts: Messages;
  readonly moved: (instance: string) => void;
}

export class KernelWatch implements KernelEvents {
  private recorded: KernelState | null = null;

  constructor(private readonly parts: KernelWatchParts) {}

  readonly state = (state: KernelState): void => {
    const { view, recorder } = this.parts;
    view.setKernelState(state);
    view.setRunning(state === 'busy');
    // Busy and idle in turn say no more than the runs themselves.
    const isWell = state === 'idle' || state === 'busy';
    const wasWell = this.recorded === 'idle' || this.recorded === 'busy';
    if (state === this.recorded || (isWell && wasWell)) return;
    this.recorded = state;
    recorder.record('kernel', { state });
  };

  readonly found = (fresh: boolean): void => {
    // A page that resumes work on a Python that knows nothing of it.
    if (!fresh || this.cellsThatRan().length === 0) return;
    this.parts.recorder.record('reconnect', { instance: 'new', variables: 'lost' });
    this.tellLost(this.parts.texts.kernelLost);
  };

  readonly restarted = (reason: string | null): void => {
    const { recorder, texts } = this.parts;
    recorder.record('kernel', { state: 'starting', ...(reason === null ? {} : { reason }) });
    this.recorded = 'starting';
    this.tellLost(restartText(reason, texts));
  };

  readonly waiting = (): void => {
    this.parts.view.banners.show('instance', this.parts.texts.instanceLost);
  };

  readonly moved = (instance: string): void => {
    this.waiting();
    this.parts.moved(instance);
  };

  readonly back = (how: Reconnection): void => {
    const { view, recorder, texts } = this.parts;
    recorder.record('reconnect', how);
    view.banners.dismiss('instance');
    if (how.variables === 'lost') this.tellLost(how.instance === 'new' ? texts.instanceNew : texts.kernelLost);
  };

  /** The variables are gone: says so, and offers to get them back. */
  tellLost(text: string): void {
    const { view, texts } = this.parts;
    const understood = { label: texts.understood, press: this.dismiss };
    const again = { label: texts.runAgain, press: () => void this.runAgain() };
    view.banners.show('kernel-lost', text, ...(this.cellsThatRan().length > 0 ? [again] : []), understood);
  }

  private readonly dismiss = (): void => {
    this.parts.view.banners.dismiss('kernel-lost');
  };

  private async runAgain(): Promise<void> {
    const { view, texts, runner } = this.parts;
    view.banners.show('kernel-lost', texts.runningAgain);
    for (const cell of this.cellsThatRan()) {
      const result = await runner().run(cell);
      if (result?.status === 'ok') continue;
      view.banners.show('kernel-lost', texts.runAgainStopped, { label: texts.understood, press: this.dismiss });
      return;
    }
    this.dismiss();
    view.tell(texts.ranAgain);
  }

  /** The cells up to the current task whose last run came to its end. */
  private cellsThatRan(): string[] {
    const { model, flow } = this.parts;
    return model.document.tasks
      .filter((_, index) => flow.isVisible(index))
      .flatMap((task) => task.cells)
      .filter((cell) => cell.type === 'code' && cell.runnable && cell.executionCount !== null)
      .map((cell) => cell.id);
  }
}

/** Why the instance started Python again, in words for the participant. */
function restartText(reason: string | null, texts: Messages): string {
  const { restartedMemory: memory, restartedProcesses: processes, restartedDisk: disk } = texts;
  const known: Readonly<Record<string, string>> = { memory, processes, disk };
  return known[reason ?? ''] ?? texts.kernelLost;
}
