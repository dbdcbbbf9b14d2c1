import type { Result } from '../doctor/check.js';
import { examineAll } from '../doctor/index.js';
import { Printer } from '../doctor/print.js';

const INTERRUPTED = 130;

/** Prints what was found as it is found; the exit code: 0 when all is well, 1 when something is wrong. */
export async function doctor({ json, canary }: { json: boolean; canary: boolean }): Promise<number> {
  const interrupt = interruptedBySignal();
  const colours = process.stdout.isTTY && process.env.NO_COLOR === undefined;
  const printer = new Printer(colours);
  const say = (lines: readonly string[]) => {
    if (!json) for (const line of lines) console.log(line);
  };
  const onResult = (result: Result) => {
    say(printer.add(result));
  };
  const results = await examineAll({ environment: process.env, canary, interrupt, onResult });
  say(printer.finish(results, interrupt.aborted));
  const ok = results.every((result) => result.ok !== false);
  if (json) console.log(JSON.stringify({ ok, checks: results }));
  if (interrupt.aborted) return INTERRUPTED;
  return ok ? 0 : 1;
}

/** The signals end the examination, not the process: a canary must be stopped first. */
function interruptedBySignal(): AbortSignal {
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      interrupt.abort();
    });
  }
  return interrupt.signal;
}
