import { z } from 'zod';
import { type Inquiry, NoAnswer } from '../inquiry.js';
import { contentOf, Unexpected } from './inspect.js';
import { jobPath } from './http.js';

/** Somebody waits for the page. */
const MILLISECONDS = 2_000;
/** What is read of the end of each log. */
export const LOG_BYTES = 32_768;
/** A log that grows while it is read comes with what was added. */
const MAX_BYTES = 4 * LOG_BYTES;

/** Why something is not known: Nomad was silent, did not let the token, has it no more, or answered something else. */
export type Unknown =
  | { readonly why: 'silent'; readonly words: string }
  | { readonly why: 'denied' }
  | { readonly why: 'gone' }
  | { readonly why: 'odd'; readonly words: string };

export type Found<T> = { readonly value: T } | { readonly unknown: Unknown };

export interface Look {
  /** Bytes that it uses; null of what does not run. */
  readonly memory: Found<{ readonly used: number | null; readonly limit: number }>;
  /** The ends of its logs, as they are: an instance writes what it likes. Null where nobody asked for them. */
  readonly logs: Readonly<Record<'stderr' | 'stdout', Found<string>>> | null;
}

const allocations = z.array(z.object({ ID: z.string(), CreateIndex: z.number() }));

const allocation = z.object({
  ID: z.string(),
  ClientStatus: z.string(),
  AllocatedResources: z.object({
    Tasks: z.record(
      z.string(),
      z.object({ Memory: z.object({ MemoryMB: z.number(), MemoryMaxMB: z.number().nullish() }) }),
    ),
  }),
});
type Allocation = z.infer<typeof allocation>;

const stats = z.object({
  ResourceUsage: z.object({ MemoryStats: z.object({ RSS: z.number(), Usage: z.number().nullish() }) }),
});

/** What Nomad tells of the instance with this job: its memory and the ends of its logs. Takes `read-job` and `read-logs`. */
export async function lookAtInstance(nomad: Inquiry, job: string, withLogs: boolean): Promise<Look> {
  const asking = { nomad, signal: AbortSignal.timeout(MILLISECONDS) };
  const found = await attempt(() => latestAllocation(asking, job));
  if ('unknown' in found) return { memory: found, logs: withLogs ? { stderr: found, stdout: found } : null };
  const end = (type: 'stderr' | 'stdout'): Promise<Found<string>> => attempt(() => logEnd(asking, found.value, type));
  const [memory, stderr, stdout] = await Promise.all([
    attempt(() => memoryOf(asking, found.value)),
    ...(withLogs ? ([end('stderr'), end('stdout')] as const) : ([] as const)),
  ]);
  return { memory, logs: stderr && stdout ? { stderr, stdout } : null };
}

interface Asking {
  readonly nomad: Inquiry;
  readonly signal: AbortSignal;
}

class Gone extends Error {}

async function latestAllocation({ nomad, signal }: Asking, job: string): Promise<Allocation> {
  const path = `${jobPath(job)}/allocations`;
  const all = contentOf(path, await nomad.ask('GET', path, { signal }), allocations);
  const latest = all.toSorted((a, b) => a.CreateIndex - b.CreateIndex).at(-1);
  // Nomad forgets jobs that have ended.
  if (latest === undefined) throw new Gone();
  const own = `/v1/allocation/${latest.ID}`;
  return contentOf(own, await nomad.ask('GET', own, { signal }), allocation);
}

async function memoryOf({ nomad, signal }: Asking, { ID, ClientStatus, AllocatedResources }: Allocation) {
  const tasks = Object.values(AllocatedResources.Tasks);
  const megabytes = tasks.reduce((sum, { Memory }) => sum + Math.max(Memory.MemoryMB, Memory.MemoryMaxMB ?? 0), 0);
  const limit = megabytes * 1024 * 1024;
  if (ClientStatus !== 'running') return { used: null, limit };
  const path = `/v1/client/allocation/${ID}/stats`;
  const { MemoryStats } = contentOf(path, await nomad.ask('GET', path, { signal }), stats).ResourceUsage;
  // Drivers measure one or the other; what is not measured is 0.
  return { used: Math.max(MemoryStats.Usage ?? 0, MemoryStats.RSS), limit };
}

async function logEnd(
  { nomad, signal }: Asking,
  { ID, AllocatedResources }: Allocation,
  type: string,
): Promise<string> {
  const [task = ''] = Object.keys(AllocatedResources.Tasks);
  const path = `/v1/client/fs/logs/${ID}`;
  const query = { task, type, plain: 'true', origin: 'end', offset: String(LOG_BYTES) };
  const { status, text } = await nomad.ask('GET', path, { query, maxBytes: MAX_BYTES, signal });
  if (status !== 200) throw new Unexpected(path, status, text);
  return text;
}

async function attempt<T>(ask: () => Promise<T>): Promise<Found<T>> {
  try {
    return { value: await ask() };
  } catch (error) {
    return { unknown: unknownOf(error) };
  }
}

function unknownOf(error: unknown): Unknown {
  if (error instanceof Gone) return { why: 'gone' };
  if (error instanceof NoAnswer) return { why: 'silent', words: error.message };
  if (!(error instanceof Unexpected)) throw error;
  // Logs are refused with a 500. A token that Nomad does not know at all is refused in other words.
  if (error.status === 403 || /permission denied|token (not found|expired)/i.test(error.words))
    return { why: 'denied' };
  if (error.status === 404) return { why: 'gone' };
  return { why: 'odd', words: `${error.status} ${error.words.slice(0, 200)}` };
}
