import { Redis } from 'ioredis';

/** The original's keys (technical notes, "Redis"): operators' commands and scripts go on working. */
export const keys = {
  queued: 'queuedInstances',
  booting: 'queuedInstancesBooting',
  old: 'oldInstances',
  /** Published to when the manager should look at once; the timer finds everything anyway. */
  nudge: 'observatory:nudge',
} as const;

const separator = '|||';

/** `name|||id`, as the original writes it; the name is the Nomad job, for people. */
export const queueEntry = (name: string, id: string): string => `${name}${separator}${id}`;

/** The id of a `name|||id` entry, undefined when the entry is not one. */
export const idOfEntry = (entry: string): string | undefined => entry.split(separator)[1];

/** Fails fast when Redis is away, since everything it carries can also be had from Postgres. */
export function openRedis(url: string, onError: (error: Error) => void): Redis {
  const redis = new Redis(url, {
    connectTimeout: 2_000,
    commandTimeout: 1_000,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: (attempt) => Math.min(100 * attempt, 2_000),
  });
  redis.on('error', onError);
  return redis;
}

/** The id of the next ready instance; undefined when the list is empty, the entry is none, or Redis is away. */
export async function popReady(redis: Redis): Promise<string | undefined> {
  try {
    const entry = await redis.lpop(keys.queued);
    return entry === null ? undefined : idOfEntry(entry);
  } catch {
    // Not an error of the claim: Postgres knows all ready instances, and the connection's own error is logged.
    return undefined;
  }
}

/** The manager is told which instances to stop, as the original's control told it, and looks at once. */
export async function pushOld(redis: Redis, instances: readonly string[]): Promise<void> {
  await redis.rpush(keys.old, ...instances);
  await redis.publish(keys.nudge, 'control');
}
