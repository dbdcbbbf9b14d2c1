/** Help from a kernel that is still to be loaded: the editors are there before it. */
import type { KernelHelp } from './kernel-help.js';

type Help = Pick<KernelHelp, 'isReady' | 'complete' | 'inspect'>;

export function helpFrom(kernel: Promise<{ readonly help: Help }>): Help {
  let help: Help | null = null;
  void kernel.then((session) => (help = session.help));
  return {
    get isReady() {
      return help?.isReady ?? false;
    },
    complete: async (code, position) => help?.complete(code, position) ?? null,
    inspect: async (code, position) => help?.inspect(code, position) ?? null,
  };
}
