import { setTimeout as sleep } from 'node:timers/promises';

/** What `look` finds, as soon as it is neither undefined nor false; an error that says what was waited for, after the time. */
export async function poll<T>(what: string, look: () => Promise<T | undefined | false>, seconds: number): Promise<T> {
  for (const deadline = Date.now() + seconds * 1000; ; await sleep(50)) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
  }
}
