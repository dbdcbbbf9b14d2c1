import type { ServerResponse } from 'node:http';
import { stringify } from './json.js';
import type { Allocation, Evaluation, Job } from './types.js';

export interface Event {
  Topic: 'Job' | 'Allocation' | 'Evaluation';
  Type: string;
  Key: string;
  Namespace: string;
  FilterKeys: string[] | null;
  Index: number;
  Payload: { Job?: Job; Allocation?: Omit<Allocation, 'Job' | 'Pid'>; Evaluation?: Evaluation };
}

interface Batch {
  Index: number;
  Events: Event[];
}

interface Subscriber {
  response: ServerResponse;
  wanted: (event: Event) => boolean;
  heartbeat: NodeJS.Timeout;
}

const bufferSize = 100;
const heartbeatSeconds = 30;

/** The last writes, and who listens to new ones: Nomad's event stream, one line of JSON an index. */
export class EventStream {
  private readonly buffer: Batch[] = [];
  private readonly subscribers = new Set<Subscriber>();

  publish(batch: Batch): void {
    if (batch.Events.length === 0) return;
    this.buffer.push(batch);
    if (this.buffer.length > bufferSize) this.buffer.shift();
    for (const subscriber of this.subscribers) this.send(subscriber, batch);
  }

  /**
   * A heartbeat at once, then what the buffer holds from that index on, then whatever comes. An index older than the buffer
   * starts at its oldest entry and nothing says so, as in Nomad.
   */
  subscribe(response: ServerResponse, wanted: (event: Event) => boolean, fromIndex: number): void {
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache' });
    const beat = () => response.write('{}\n');
    const subscriber = { response, wanted, heartbeat: setInterval(beat, heartbeatSeconds * 1000) };
    beat();
    for (const batch of this.buffer) if (batch.Index >= fromIndex) this.send(subscriber, batch);
    this.subscribers.add(subscriber);
    response.on('close', () => {
      clearInterval(subscriber.heartbeat);
      this.subscribers.delete(subscriber);
    });
  }

  private send({ response, wanted }: Subscriber, batch: Batch): void {
    const events = batch.Events.filter(wanted);
    if (events.length > 0) response.write(`${stringify({ Index: batch.Index, Events: events })}\n`);
  }
}

/** Topics as in `Job:id`, `Allocation` or `*`; none means all. */
export function byTopics(asked: string[]): (event: Event) => boolean {
  const topics = asked.length === 0 ? ['*'] : asked;
  return (event) =>
    topics.some((text) => {
      const [topic = '*', ...rest] = text.split(':');
      const key = rest.join(':') || '*';
      if (topic !== '*' && topic !== event.Topic) return false;
      return key === '*' || key === event.Key || (event.FilterKeys?.includes(key) ?? false);
    });
}
