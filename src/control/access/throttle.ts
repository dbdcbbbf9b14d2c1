import type { Redis } from 'ioredis';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { addressKey } from '../../platform/identity.js';
import { networkOf } from '../../platform/web/client-address.js';

const MINUTE = 60;

/** Failures that are let through, and within how many seconds they are counted. */
const allowed = {
  /** Of one name from one address: a person who tries to remember. */
  pair: { points: 5, duration: 15 * MINUTE },
  /** From one address, whatever the names. */
  network: { points: 50, duration: 15 * MINUTE },
  /** Of one name, from wherever: guesses that come from many addresses. High, as anybody can use it up. */
  name: { points: 100, duration: 60 * MINUTE },
  /** Wrong tokens of the API from one address. */
  token: { points: 50, duration: 15 * MINUTE },
} as const;

type By = keyof typeof allowed;

export interface Attempt {
  /** Seconds until the next attempt is looked at; 0 when this one is. */
  readonly wait: number;
  /** This is the attempt that is one too many: worth a line where those after it are not. */
  readonly isFirstRefused: boolean;
}

/** Counts the sign-ins and the tokens that fail, of all web processes in Redis; with Redis away, each process counts its own. */
export class SignInThrottle {
  private readonly counts: Readonly<Record<By, RateLimiterAbstract>>;

  constructor(
    redis: Redis,
    private readonly secret: string,
  ) {
    const count = (by: By): RateLimiterAbstract => {
      const options = { keyPrefix: `observatory:sign-in:${by}`, ...allowed[by] };
      return new RateLimiterRedis({
        ...options,
        storeClient: redis,
        insuranceLimiter: new RateLimiterMemory(options),
        rejectIfRedisNotReady: true,
      });
    };
    this.counts = { pair: count('pair'), network: count('network'), name: count('name'), token: count('token') };
  }

  /** Counts before the password is looked at: many attempts at once are as many as one after the other. */
  attempt(name: string, address: string): Promise<Attempt> {
    return this.counted(this.keys(name, address));
  }

  /** Counts it. Who has a right one is not asked to wait for others: nobody guesses 256 random bits. */
  wrongToken(address: string): Promise<Attempt> {
    return this.counted([['token', addressKey(this.secret, 'sign-in', networkOf(address))]]);
  }

  private async counted(keys: readonly [By, string][]): Promise<Attempt> {
    for (const [by, key] of keys) {
      try {
        await this.counts[by].consume(key);
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error;
        const wait = Math.max(1, Math.ceil(error.msBeforeNext / 1000));
        return { wait, isFirstRefused: error.consumedPoints === allowed[by].points + 1 };
      }
    }
    return { wait: 0, isFirstRefused: false };
  }

  /** It was no failure. */
  async forget(name: string, address: string): Promise<void> {
    for (const [by, key] of this.keys(name, address)) {
      if (by === 'pair') await this.counts[by].delete(key);
      else await this.counts[by].reward(key);
    }
  }

  /** Where an attempt came from, for who compares; the address itself is not kept. */
  source(address: string): string {
    return addressKey(this.secret, 'sign-in', networkOf(address)).slice(0, 12);
  }

  private keys(name: string, address: string): [By, string][] {
    const key = (of: string): string => addressKey(this.secret, 'sign-in', of);
    const network = networkOf(address);
    // First the pair: who is over its limit takes nothing from those who share the address.
    return [
      ['pair', key(`${network} ${name}`)],
      ['network', key(network)],
      ['name', key(`name ${name}`)],
    ];
  }
}
