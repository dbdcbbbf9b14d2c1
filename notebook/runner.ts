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
  readonly settled: (cellId: string, status: RunResult['status']) => void;
}

/** Characters beyond what is kept, after which a program is stopped. */
const FLOOD = 5_000_000;

export class Runner {
  private readonly running = new Set<string>();
  private kernel: KernelSession | null = null;

  constructor(private readonly parts: RunnerParts) {
    void parts.kernel.then((kernel) => (this.kernel = kernel));
  }

  /** `null`: it was not run. */
  async run(cellId: string): Promise<RunResult | null> {
    if (this.running.has(cellId)) return null;
    // Before the first connection a run waits for Python; a lost connection refuses it, so that none runs by surprise later.
    if (this.kernel?.isLost) {
      this.parts.refuse();
      return null;
    }
    const { model, recorder, view } = this.parts;
    recorder.flushEdits();
    const code = model.cell(cellId).source;
    recorder.record('run', { source: code }, cellId);
    model.startRun(cellId);
    view(cellId).output.draw();
    this.running.add(cellId);
    view(cellId).setRunning(true);
    const started = performance.now();
    const result = await this.execute(cellId, code);
    this.running.delete(cellId);
    this.settle(cellId, result, Math.round(performance.now() - started));
    this.parts.settled(cellId, result.status);
    return result;
  }

  private async execute(cellId: string, code: string): Promise<RunResult> {
    const { model, view } = this.parts;
    const { output } = view(cellId);
    const kernel = await this.parts.kernel;
    const flood = new Flood(() => void kernel.interrupt().catch(() => undefined));
    const others = new Set<string>();
    const result = await kernel.run(code, {
      output: (content) => {
        model.appendOutput(cellId, content.output, content.displayId);
        output.update();
        flood.rose(model.cutOf(cellId).run);
      },
      clear: () => {
        model.clearOutputs(cellId);
        output.update();
      },
      update: ({ displayId, data, metadata }) => {
        for (const shown of model.updateDisplay(displayId, data, metadata)) {
          view(shown).output.update();
          if (shown !== cellId) others.add(shown);
        }
      },
      input: async (prompt, secret) => {
        const value = await output.ask(prompt, secret);
        // As in a terminal: question and answer stay in sight.
        const echo = secret ? '••••' : value;
        const text = `${prompt}${echo}\n`;
        model.appendOutput(cellId, { output_type: 'stream', name: 'stdout', text });
        output.draw();
        return value;
      },
    });
    if (flood.isStopped) model.appendNotice(cellId, this.parts.texts.flooded);
    // What this run changed in other cells is recorded as theirs, so that each can be rebuilt from its own events.
    for (const other of others) this.recordOutput(other, 'ok', 0);
    return result;
  }

  private settle(cellId: string, result: RunResult, milliseconds: number): void {
    const { model, texts, view } = this.parts;
    const early = { aborted: texts.aborted, lost: texts.lost, ok: null, error: null }[result.status];
    if (early !== null) model.appendNotice(cellId, early);
    model.setExecutionCount(cellId, result.executionCount);
    this.recordOutput(cellId, result.status, milliseconds);
    view(cellId).output.closeInput();
    view(cellId).output.draw();
    view(cellId).setRunning(false);
  }

  private recordOutput(cellId: string, status: RunResult['status'], milliseconds: number): void {
    const { model, recorder } = this.parts;
    const { outputs, executionCount } = model.cell(cellId);
    const cut = model.cutOf(cellId).shown;
    const data = { outputs: structuredClone(outputs), executionCount, status, cut, milliseconds };
    recorder.record('output', data, cellId);
  }
}

/** Stops a program whose output has no end. One that does not obey is told again. */
class Flood {
  isStopped = false;
  private limit = FLOOD;

  constructor(private readonly interrupt: () => void) {}

  rose(excess: number): void {
    if (excess < this.limit) return;
    this.limit = excess + FLOOD;
    this.isStopped = true;
    this.interrupt();
  }
}
