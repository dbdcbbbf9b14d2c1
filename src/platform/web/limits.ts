import type { Redis } from 'ioredis';
import type { Context, Next } from 'koa';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { addressKey, participantAlias } from '../identity.js';
import { remembered } from '../remembered.js';
import { networkOf } from './client-address.js';
import { type Limit, limitGroup, type LimitGroup, type Limits } from './limit-groups.js';
import { refusal } from './refusal-pages.js';
import { sessionParticipant } from './session.js';

const SECONDS = 60;

/** Counted by each web process for itself: so frequent and so harmless that no question to Redis is worth it. */
const ownCount: ReadonlySet<LimitGroup> = new Set(['assets', 'events', 'heartbeat', 'gate']);

interface Parts {
  readonly limits: Limits;
  readonly redis: Redis;
  readonly secret: string;
}

/** Counts the requests of all web processes in Redis; with Redis away, each process counts its own. */
export class RequestLimits {
  private readonly counts = new Map<string, RateLimiterAbstract>();
  private readonly aliasOf = remembered((session) => participantAlias(this.parts.secret, session));

  constructor(private readonly parts: Parts) {
    for (const [group, limit] of Object.entries(parts.limits) as [LimitGroup, Limit][]) {
      this.counts.set(`${group} session`, this.count(group, 'session', limit.session));
      if (group !== 'gate') this.counts.set(`${group} address`, this.count(group, 'address', limit.address));
    }
  }

  /** For all routes after it: whoever asks too often is told when to come again. */
  readonly middleware = async (ctx: Context, next: Next): Promise<void> => {
    const group = limitGroup(ctx.method, ctx.path);
    const session = sessionParticipant(ctx);
    // First the session: who is over its own limit takes nothing from those who share the address.
    if (session !== undefined) await this.take(ctx, group, 'session', this.aliasOf(session));
    // A participant at work is known well enough; whoever shares the address cannot stop its record.
    if (session === undefined || !ownCount.has(group)) {
      const network = networkOf(ctx.state.address);
      await this.take(ctx, group, 'address', addressKey(this.parts.secret, 'limits', network));
    }
    await next();
  };

  /** Seconds until the next request to an instance is let through; 0 when it is now. */
  async waitAtGate(session: string): Promise<number> {
    return this.wait('gate', 'session', session);
  }

  private async take(ctx: Context, group: LimitGroup, by: keyof Limit, key: string): Promise<void> {
    const seconds = await this.wait(group, by, key);
    if (seconds === 0) return;
    ctx.set('Retry-After', String(seconds));
    throw refusal('too-many', { retryAfter: seconds });
  }

  private async wait(group: LimitGroup, by: keyof Limit, key: string): Promise<number> {
    try {
      await this.counts.get(`${group} ${by}`)!.consume(key);
      return 0;
    } catch (error) {
      if (error instanceof RateLimiterRes) return Math.max(1, Math.ceil(error.msBeforeNext / 1000));
      throw error;
    }
  }

  private count(group: LimitGroup, by: keyof Limit, points: number): RateLimiterAbstract {
    const options = { keyPrefix: `observatory:limit:${group}:${by}`, points, duration: SECONDS };
    const own = new RateLimiterMemory(options);
    if (ownCount.has(group)) return own;
    return new RateLimiterRedis({
      ...options,
      storeClient: this.parts.redis,
      insuranceLimiter: own,
      rejectIfRedisNotReady: true,
      // Who is over the limit is refused without asking Redis again.
      inMemoryBlockOnConsumed: points + 1,
    });
  }
}
