import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../platform/log.js';
import type { Nomad } from '../platform/nomad/client.js';

const RETRY_MS = 2_000;

export interface Following {
  /** The jobs whose children are ours: on a shared cluster most events are about others. */
  readonly parents: readonly string[];
  readonly nudge: () => void;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Follows Nomad's event stream until it is told to stop. An event, like each new connection, means only "look again". */
export async function followEvents(
  nomad: Pick<Nomad, 'eventStream'>,
  { parents, nudge, log, signal }: Following,
): Promise<void> {
  const marks = parents.map((parent) => JSON.stringify(parent).slice(0, -1));
  while (!signal.aborted) {
    try {
      let connected = false;
      await nomad.eventStream(['Job', 'Allocation', 'Evaluation'], signal, (line) => {
        // What happened while there was no stream is in no event.
        if (!connected || marks.some((mark) => line.includes(mark))) nudge();
        connected = true;
      });
    } catch (error) {
      log.warn({ error: (error as Error).message }, 'no event stream from Nomad; the timer goes on');
    }
    await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
}
