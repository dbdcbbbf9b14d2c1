/** Runs cells, one after the other, and records what came of each. */
import type { CodeCellView } from './cell-view.js';
import type { DocumentModel } from './document-model.js';
import type { RunResult } from './execution.js';
import type { KernelSession } from './kernel.js';
import type { Messages } from './messages.js';
import type { Recorder } from './recorder.js';

export interface RunnerParts {
  readonly model: DocumentModel;
  readonly recorder: Recorder;
  readonly kernel: Promise<KernelSession>;
  readonly texts: Messages;
  readonly view: (cellId: string) => CodeCellView;
  /** Python cannot be reached: the cell was not run. */
  readonly refuse: () => void;
}

export class Runner {
  private readonly running = new Set<string>();
  private kernel: KernelSession | null = null;

  constructor(private readonly parts: RunnerParts) {
    void parts.kernel.then((kernel) => (this.kernel = kernel));
  }

  async run(cellId: string): Promise<void> {
    if (this.running.has(cellId)) return;
    // Before the first connection a run waits for Python; a lost connection refuses it, so that none runs by surprise later.
    if (this.kernel?.isLost) {
      this.parts.refuse();
      return;
    }
    const { model, recorder, view } = this.parts;
    recorder.flushEdits();
    const code = model.cell(cellId).source;
    recorder.record('run', { source: code }, cellId);
    model.clearOutputs(cellId);
    view(cellId).output.draw();
    this.running.add(cellId);
    view(cellId).setRunning(true);
    const started = performance.now();
    const result = await this.execute(cellId, code);
    this.running.delete(cellId);
    this.settle(cellId, result, Math.round(performance.now() - started));
  }

  private async execute(cellId: string, code: string): Promise<RunResult> {
    const { model, view } = this.parts;
    const { output } = view(cellId);
    const kernel = await this.parts.kernel;
    return kernel.run(code, {
      output: (content) => {
        model.appendOutput(cellId, content);
        output.update();
      },
      clear: () => {
        model.clearOutputs(cellId);
        output.update();
      },
      input: async (prompt, secret) => {
        const value = await output.ask(prompt, secret);
        // As in a terminal: question and answer stay in sight.
        const echo = secret ? '••••' : value;
        model.appendOutput(cellId, { output_type: 'stream', name: 'stdout', text: `${prompt}${echo}\n` });
        output.draw();
        return value;
      },
    });
  }

  private settle(cellId: string, result: RunResult, milliseconds: number): void {
    const { model, recorder, texts, view } = this.parts;
    const early = { aborted: texts.aborted, lost: texts.lost, ok: null, error: null }[result.status];
    if (early !== null) model.appendOutput(cellId, { output_type: 'stream', name: 'stderr', text: `${early}\n` });
    model.setExecutionCount(cellId, result.executionCount);
    const { outputs, executionCount } = model.cell(cellId);
    recorder.record(
      'output',
      { outputs: structuredClone(outputs), executionCount, status: result.status, cut: 0, milliseconds },
      cellId,
    );
    recorder.snapshot();
    view(cellId).output.closeInput();
    view(cellId).output.draw();
    view(cellId).setRunning(false);
  }
}
