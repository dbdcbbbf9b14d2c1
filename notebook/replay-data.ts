/** What the server knows of the notebook and its events. */
import type { Document } from '../src/studies/document.js';
import type { ReplayEvent } from './replay-timeline.js';

export interface Beginning {
  readonly document: Document;
  readonly language: string;
}

interface Page {
  readonly events: readonly ReplayEvent[];
  /** Behind which event the next page begins; null behind the last. */
  readonly next: number | null;
}

export const beginning = (base: string): Promise<Beginning> => json<Beginning>(`${base}/beginning`);

export async function allEvents(base: string, progress: (count: number) => void): Promise<ReplayEvent[]> {
  const events: ReplayEvent[] = [];
  for (let after: number | null = 0; after !== null;) {
    const page: Page = await json<Page>(`${base}/events?after=${after}`);
    events.push(...page.events);
    after = page.next;
    progress(events.length);
  }
  return events;
}

async function json<T>(address: string): Promise<T> {
  for (;;) {
    const response = await fetch(address, { headers: { accept: 'application/json' } });
    if (response.status === 429) {
      const seconds = Number(response.headers.get('retry-after')) || 5;
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      continue;
    }
    if (!response.ok) throw new Error(`${address} was answered with ${response.status}`);
    return (await response.json()) as T;
  }
}
