import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { type Check, type Finding, well, wrong } from '../check.js';
import { type Ground, withoutPassword } from '../ground.js';

export function redisChecks({ settings }: Ground): Check[] {
  const url = settings.REDIS_URL;
  return [
    { name: 'redis', needs: [], run: () => reach(url) },
    { name: 'redis writable', needs: ['redis'], run: () => writeAndDelete(url) },
  ];
}

async function reach(url: string): Promise<Finding> {
  const tried = `a connection to ${withoutPassword(url)}`;
  try {
    const info = await withRedis(url, (redis) => redis.info('server'));
    return well(tried, `Redis ${/^redis_version:(.*)$/m.exec(info)?.[1]?.trim() ?? 'of unknown version'}`);
  } catch (error) {
    return wrong(
      tried,
      (error as Error).message,
      'Start Redis, or correct REDIS_URL. Until then participants are served from Postgres alone, more slowly.',
    );
  }
}

async function writeAndDelete(url: string): Promise<Finding> {
  const key = `observatory:doctor:${randomUUID()}`;
  const tried = 'a key written and deleted';
  try {
    await withRedis(url, async (redis) => {
      await redis.set(key, 'doctor', 'PX', 10_000);
      await redis.del(key);
    });
    return well(tried, 'done');
  } catch (error) {
    return wrong(tried, (error as Error).message, 'Let this user write all keys, on a primary that has memory left.');
  }
}

/** One connection, never opened again: the first error says what is wrong, later ones only that it is closed. */
async function withRedis<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 5_000,
    commandTimeout: 5_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let first: Error | undefined;
  redis.on('error', (error: Error) => (first ??= error));
  try {
    await redis.connect();
    return await work(redis);
  } catch (error) {
    throw first ?? error;
  } finally {
    redis.disconnect();
  }
}
