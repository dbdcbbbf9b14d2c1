import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { followEvents } from '../../src/manager/events.js';
import { createLogger } from '../../src/platform/log.js';

describe('the events of Nomad', () => {
  it('lead to a look at each connection and for the own jobs, not for those of others', async () => {
    const stopping = new AbortController();
    const nudged: string[] = [];
    let line = '';
    const lines = [
      '{}',
      '{"Index":7,"Events":[{"Topic":"Allocation","Payload":{"Allocation":{"JobID":"billing/dispatch-1"}}}]}',
      '{}',
      '{"Index":8,"Events":[{"Topic":"Allocation","Payload":{"Allocation":{"JobID":"instances/dispatch-1"}}}]}',
      '{"Index":9,"Events":[{"Topic":"Job","Key":"instances"}]}',
    ];
    const stream = async (_topics: readonly string[], _signal: AbortSignal, onLine: (line: string) => void) => {
      for (line of lines) onLine(line);
      stopping.abort();
      await turn();
    };
    await followEvents(
      { eventStream: stream },
      {
        parents: ['instances'],
        nudge: () => nudged.push(line),
        log: createLogger('test', 'error'),
        signal: stopping.signal,
      },
    );
    assert.deepEqual(nudged, [lines[0], lines[3], lines[4]]);
  });
});
