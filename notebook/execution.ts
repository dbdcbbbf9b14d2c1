/** One run of a cell's code by a connected kernel. */
import type { KernelConnection } from '@jupyterlab/services/lib/kernel/default.js';
import type { KernelMessage } from '@jupyterlab/services';
import type { Output } from './document.js';

export interface RunHandlers {
  readonly output: (output: Output) => void;
  readonly clear: () => void;
  readonly input: (prompt: string, secret: boolean) => Promise<string>;
}

export interface RunResult {
  /** `aborted` by the participant, or because an earlier cell failed; `lost` when the kernel was gone before the end. */
  readonly status: 'ok' | 'error' | 'aborted' | 'lost';
  readonly executionCount: number | null;
}

/** Rejects when the kernel or the connection is gone before the end. */
export async function execute(connection: KernelConnection, code: string, handlers: RunHandlers): Promise<RunResult> {
  const future = connection.requestExecute({ code, allow_stdin: true, stop_on_error: true }, true);
  let clearBeforeNext = false;
  future.onIOPub = (message) => {
    const isClear = message.header.msg_type === 'clear_output';
    const output = isClear ? null : outputOf(message);
    if (isClear) clearBeforeNext = (message as KernelMessage.IClearOutputMsg).content.wait;
    if ((isClear && !clearBeforeNext) || (output && clearBeforeNext)) {
      handlers.clear();
      clearBeforeNext = false;
    }
    if (output) handlers.output(output);
  };
  future.onStdin = async (message) => {
    if (message.header.msg_type !== 'input_request') return;
    const { prompt, password } = (message as KernelMessage.IInputRequestMsg).content;
    const value = await handlers.input(prompt, password);
    future.sendInputReply({ value, status: 'ok' }, message.header as KernelMessage.IHeader<'input_request'>);
  };
  const { content } = await future.done;
  return { status: content.status === 'abort' ? 'aborted' : content.status, executionCount: countOf(content) };
}

function countOf(content: object): number | null {
  return 'execution_count' in content && typeof content.execution_count === 'number' ? content.execution_count : null;
}

const OUTPUT_TYPES: ReadonlySet<string> = new Set(['stream', 'display_data', 'execute_result', 'error']);

function outputOf(message: KernelMessage.IIOPubMessage): Output | null {
  const type = message.header.msg_type;
  if (!OUTPUT_TYPES.has(type)) return null;
  const output: Record<string, unknown> = { output_type: type, ...message.content };
  delete output.transient; // belongs to the message, not to the notebook
  return output as Output;
}
