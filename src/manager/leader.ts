import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsulClient } from '../platform/consul.js';
import type { Logger } from '../platform/log.js';

/** Consul frees the lock of a manager that is gone after up to twice this; 10 s is the least that it allows. */
const TTL_SECONDS = 10;
const RETRY_MS = 1_000;
const RENEW_MS = 3_000;

export interface Leadership {
  readonly holder: string;
  readonly key: string;
  readonly consul: ConsulClient;
  readonly log: Logger;
  /** Called with each lead that is won; a rejection gives the lead up. */
  readonly onGain: () => Promise<void>;
}

/** One of the managers leads: the one whose Consul session holds the lock, for as long as it was renewed within its time. */
export class Leader {
  private session: string | undefined;
  /** The lock is ours, which is not yet the lead. */
  private locked = false;
  private held = false;
  private resigned = false;
  private renewedAt = 0;
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(private readonly leadership: Leadership) {}

  /** Whether this manager may act now; false before Consul could give the lock to another. */
  leads(): boolean {
    return this.held && !this.resigned && Date.now() - this.renewedAt < TTL_SECONDS * 1000;
  }

  /** The term is another's, which need not lead: whoever gets the lock next raises a new one. */
  resign(): void {
    this.resigned = this.held;
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Gives the lock back, so that another manager leads at once. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await this.giveUp();
  }

  private async run(): Promise<void> {
    const { log } = this.leadership;
    while (!this.stopping.signal.aborted) {
      try {
        await this.step();
      } catch (error) {
        log.warn({ error: (error as Error).message }, this.held ? 'the lead could not be renewed' : 'no lead for now');
        if (!this.leads()) await this.lose();
      }
      const pause = this.held ? RENEW_MS : RETRY_MS;
      await sleep(pause, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
  }

  private async step(): Promise<void> {
    const { consul, key, holder, log, onGain } = this.leadership;
    if (this.resigned) await this.lose();
    const asked = Date.now();
    if (this.session === undefined) this.session = await consul.createSession('observatory manager', TTL_SECONDS);
    else await consul.renewSession(this.session);
    if (this.held) {
      if ((await consul.lockHolder(key)) === this.session) this.renewedAt = asked;
      else await this.lose();
      return;
    }
    if (!(await consul.acquire(key, holder, this.session))) return;
    this.locked = true;
    await onGain();
    this.renewedAt = asked;
    this.held = true;
    log.info({ holder }, 'this manager leads now');
  }

  private async lose(): Promise<void> {
    if (this.held) this.leadership.log.warn('this manager does not lead any more');
    await this.giveUp();
  }

  /** Ends the session: another manager need not wait for its time to be over. */
  private async giveUp(): Promise<void> {
    const { consul, key, log } = this.leadership;
    const { session, locked } = this;
    this.session = undefined;
    this.locked = false;
    this.held = false;
    this.resigned = false;
    if (session === undefined) return;
    try {
      // What is released is free at once, what a session leaves behind only after the lock's delay.
      if (locked) await consul.release(key, session);
      await consul.destroySession(session);
    } catch (error) {
      log.warn(
        { error: (error as Error).message },
        'the session could not be ended; a lock of it is free when its time is over',
      );
    }
  }
}
