import type { Redis } from 'ioredis';
import { keys } from '../platform/redis.js';
import type { QueueView } from './plan/observed.js';
import type { Queue } from './ports.js';

export class RedisQueue implements Queue {
  constructor(private readonly redis: Redis) {}

  async read(): Promise<QueueView> {
    const [queued, booting, old] = await Promise.all([
      this.redis.lrange(keys.queued, 0, -1),
      this.redis.get(keys.booting),
      this.redis.lrange(keys.old, 0, -1),
    ]);
    return { queued, booting, old };
  }

  /** All at once, so that a claim never finds half a list. */
  async publish(queued: readonly string[], booting: number): Promise<void> {
    const writes = this.redis.multi().del(keys.queued);
    if (queued.length > 0) writes.rpush(keys.queued, ...queued);
    const results = await writes.set(keys.booting, booting).exec();
    const failed = results?.find(([error]) => error !== null)?.[0];
    if (failed) throw failed;
  }

  async forgetOld(entry: string): Promise<void> {
    await this.redis.lrem(keys.old, 0, entry);
  }
}
