/** One run of a cell's code by a connected kernel: what it puts out, what it asks for, how it ends (free of the DOM). */
import type { KernelConnection } from '@jupyterlab/services/lib/kernel/default.js';
import type { KernelMessage } from '@jupyterlab/services';
import type { MimeBundle, Output } from './document.js';
import { bundle, outputFrom } from './output.js';

/** An output, and the name by which the program may exchange it later. */
export interface KernelOutput {
  readonly output: Output;
  readonly displayId: string | null;
}

export interface DisplayUpdate {
  readonly displayId: string;
  readonly data: MimeBundle;
  readonly metadata: MimeBundle;
}

export interface RunHandlers {
  readonly output: (output: KernelOutput) => void;
  readonly clear: () => void;
  readonly input: (prompt: string, secret: boolean) => Promise<string>;
  /** The program exchanges what it showed before, in this cell or another. */
  readonly update: (update: DisplayUpdate) => void;
}

export interface RunResult {
  /** `aborted` by the participant, or because an earlier cell failed; `lost` when the kernel was gone before the end. */
  readonly status: 'ok' | 'error' | 'aborted' | 'lost';
  readonly executionCount: number | null;
}

/** Rejects when the kernel or the connection is gone before the end. */
export async function execute(connection: KernelConnection, code: string, handlers: RunHandlers): Promise<RunResult> {
  const future = connection.requestExecute({ code, allow_stdin: true, stop_on_error: true }, true);
  future.onIOPub = outputHandler(handlers);
  // Not awaited: the connection holds back all that follows, also the end of a question that was interrupted.
  future.onStdin = (message) => {
    if (message.header.msg_type !== 'input_request') return;
    const { prompt, password } = (message as KernelMessage.IInputRequestMsg).content;
    void handlers.input(prompt, password).then((value) => {
      future.sendInputReply({ value, status: 'ok' }, message.header as KernelMessage.IHeader<'input_request'>);
    });
  };
  // The connection hands an update only to the run that first showed the display, which may be over.
  const onMessage = (_: unknown, message: KernelMessage.IIOPubMessage): void => {
    const update = updateOf(message);
    if (update) handlers.update(update);
  };
  connection.iopubMessage.connect(onMessage);
  try {
    const { content } = await future.done;
    return { status: content.status === 'abort' ? 'aborted' : content.status, executionCount: countOf(content) };
  } finally {
    connection.iopubMessage.disconnect(onMessage);
  }
}

function outputHandler(handlers: RunHandlers): (message: KernelMessage.IIOPubMessage) => void {
  let clearBeforeNext = false;
  return (message) => {
    const isClear = message.header.msg_type === 'clear_output';
    const output = isClear ? null : outputOf(message);
    if (isClear) clearBeforeNext = (message as KernelMessage.IClearOutputMsg).content.wait;
    if ((isClear && !clearBeforeNext) || (output && clearBeforeNext)) {
      handlers.clear();
      clearBeforeNext = false;
    }
    if (output) handlers.output(output);
  };
}

function countOf(content: object): number | null {
  return 'execution_count' in content && typeof content.execution_count === 'number' ? content.execution_count : null;
}

function outputOf(message: KernelMessage.IIOPubMessage): KernelOutput | null {
  const content = message.content as Record<string, unknown>;
  const output = outputFrom(message.header.msg_type, content);
  return output && { output, displayId: displayIdOf(content.transient) };
}

function updateOf(message: KernelMessage.IIOPubMessage): DisplayUpdate | null {
  if (!['update_display_data', 'display_data'].includes(message.header.msg_type)) return null;
  const { transient, data, metadata } = message.content as Record<string, unknown>;
  const displayId = displayIdOf(transient);
  return displayId === null ? null : { displayId, data: bundle(data), metadata: bundle(metadata) };
}

function displayIdOf(transient: unknown): string | null {
  const id = (transient as { display_id?: unknown } | undefined)?.display_id;
  return typeof id === 'string' ? id : null;
}
