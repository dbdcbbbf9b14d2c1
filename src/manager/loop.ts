import type { Logger } from '../platform/log.js';
import type { Settings } from '../platform/settings.js';
import { apply } from './apply.js';
import { observe, type Standing } from './observe.js';
import type { Desired, Observed } from './observed.js';
import { plan } from './plan.js';
import type { Ports } from './ports.js';

/** Nudges within this time make one pass: Nomad tells each step of each instance. */
const GATHER_MS = 50;
/** Consul's checks and Traefik's routes tell nobody when they change, so they are asked for while instances boot. */
const BOOT_WATCH_MS = 400;

export interface LoopParts {
  readonly ports: Ports;
  readonly settings: Settings;
  readonly log: Logger;
  /** The term in which this manager leads now, undefined when it does not. */
  readonly term: () => number | undefined;
}

/** Passes one after the other: on the timer, sooner after a nudge or when the last pass changed something. */
export class Loop {
  private timer: NodeJS.Timeout | undefined;
  private pass: Promise<void> | undefined;
  private nudged = false;
  private stopped = false;
  private registered: { readonly term: number; readonly service: string } | undefined;

  constructor(private readonly parts: LoopParts) {}

  start(): void {
    this.schedule(0);
  }

  /** Something may have changed: the next pass comes soon. */
  nudge(): void {
    this.nudged = true;
    if (this.pass === undefined) this.schedule(GATHER_MS);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.pass;
  }

  private schedule(milliseconds: number): void {
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.nudged = false;
      this.pass = this.run().then((pause) => {
        this.pass = undefined;
        this.schedule(this.nudged ? GATHER_MS : pause);
      });
    }, milliseconds);
  }

  /** One pass; how long to wait for the next when nothing happens. */
  private async run(): Promise<number> {
    const { log, settings, term } = this.parts;
    const interval = settings.OBSERVATORY_PASS_SECONDS * 1000;
    const current = term();
    if (current === undefined) return interval;
    try {
      const { changed, booting } = await this.once(current);
      if (changed > 0) return GATHER_MS;
      return booting ? Math.min(BOOT_WATCH_MS, interval) : interval;
    } catch (error) {
      log.error({ error: (error as Error).message }, 'the pass failed: nothing can be done without Postgres');
      return interval;
    }
  }

  private async once(current: number): Promise<{ changed: number; booting: boolean }> {
    const { ports, settings, log, term } = this.parts;
    const observed = await observe(ports, settings, this.standing(current));
    const actions = plan(observed, desiredOf(settings), new Date());
    report(log, observed, actions.length);
    const changed = await apply(actions, {
      ports,
      settings,
      log,
      observed,
      leads: () => term() === current,
      onRegistered: (service) => {
        this.registered = { term: current, service };
      },
    });
    return { changed, booting: observed.store.rows.some(({ state }) => state === 'booting') };
  }

  private standing(term: number): Standing {
    return { term, service: this.registered?.term === term ? this.registered.service : undefined };
  }
}

const desiredOf = (settings: Settings): Desired => ({
  profile: settings.OBSERVATORY_PROFILE,
  poolSize: settings.OBSERVATORY_POOL_MIN,
  maxInstances: settings.OBSERVATORY_MAX_INSTANCES,
  bootSeconds: settings.OBSERVATORY_BOOT_SECONDS,
});

/** What a pass saw and why it does nothing, for whoever turns on debug; what cannot be read and placed, for all. */
function report(log: Logger, observed: Observed, actions: number): void {
  const { store, nomad, passing, queue } = observed;
  for (const [name, part] of Object.entries({ nomad, queue, ...(observed.jobRegistered ? { passing } : {}) })) {
    if (!part.complete)
      log.warn({ part: name, why: part.why }, `${name} could not be read; nothing is stopped on its account`);
  }
  const blocked = nomad.complete ? nomad.value.children.filter((child) => child.blocked !== null && !child.dead) : [];
  if (blocked[0] !== undefined)
    log.warn({ instances: blocked.length, reason: blocked[0].blocked }, 'instances wait for room');
  if (actions > 0) return;
  const states = Object.fromEntries(
    ['booting', 'ready', 'leased', 'retiring', 'failed'].map((state) => [
      state,
      store.rows.filter((row) => row.state === state).length,
    ]),
  );
  log.debug({ ...states, waiting: store.waiting, backoff: store.bootFailures }, 'nothing to do');
}
