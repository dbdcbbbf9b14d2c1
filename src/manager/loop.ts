import type { LiveSettings } from '../platform/live-settings.js';
import type { Logger } from '../platform/log.js';
import type { PassReport } from '../platform/pass-report.js';
import type { Profile } from '../platform/profiles.js';
import type { Settings } from '../platform/settings.js';
import { apply } from './apply.js';
import type { Outcome } from './plan/action.js';
import { desiredOf } from './plan/desired.js';
import { Observer } from './observe.js';
import type { Observed } from './plan/observed.js';
import { AdaptiveLimit } from './parallel.js';
import { Pace } from './pace.js';
import { plan } from './plan/plan.js';
import type { Ports } from './ports.js';
import { reportOf } from './plan/report.js';
import type { Telemetry } from './telemetry.js';

export interface LoopParts {
  readonly ports: Ports;
  readonly settings: Settings;
  readonly profiles: readonly Profile[];
  readonly live: () => LiveSettings;
  /** Live settings that are not in force as they are written, in sentences. */
  readonly refusals: () => readonly string[];
  readonly log: Logger;
  readonly telemetry: Telemetry;
  /** The term in which this manager leads now, undefined when it does not. */
  readonly term: () => number | undefined;
  /** Called when Postgres takes nothing from the pass's term any more, as another has raised it. */
  readonly onOutdated: () => void;
}

/** No action begins later in a pass: where each takes its whole time, what they leave undone is seen anew by the next. */
const ACT_MS = 30_000;
/** Every call of a pass has its time; a pass that takes longer than all of them hangs. */
const STUCK_MS = 180_000;

/** Passes one after the other: on the timer, sooner after a nudge or when the last pass changed something. */
export class Loop {
  private timer: NodeJS.Timeout | undefined;
  private pass: Promise<void> | undefined;
  private nudged = false;
  private stopped = false;
  private readonly observer: Observer;
  private readonly limit = new AdaptiveLimit();
  private readonly pace: Pace;
  private registered: { readonly term: number; readonly profiles: Set<string> } = { term: 0, profiles: new Set() };
  private said = '';
  private turnAt = Date.now();

  constructor(private readonly parts: LoopParts) {
    this.observer = new Observer(parts.ports);
    this.pace = new Pace(parts.settings.OBSERVATORY_PASS_SECONDS * 1000);
  }

  start(): void {
    this.schedule(0);
  }

  /** Whether its passes, or its looks whether it leads, still come one after the other. */
  get turns(): boolean {
    return Date.now() - this.turnAt < this.pace.idle() + STUCK_MS;
  }

  /** Something may have changed: the next pass comes soon, and no later for being asked for again and again. */
  nudge(): void {
    if (this.nudged) return;
    this.nudged = true;
    if (this.pass === undefined) this.schedule(this.pace.gather());
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
        this.schedule(this.nudged ? Math.min(pause, this.pace.gather()) : pause);
      });
    }, milliseconds);
  }

  /** One pass; how long to wait for the next when nothing happens. */
  private async run(): Promise<number> {
    const { log, telemetry, term } = this.parts;
    const current = term();
    this.turnAt = Date.now();
    telemetry.leads(current !== undefined);
    if (current === undefined) return this.pace.idle();
    try {
      return await this.once(current);
    } catch (error) {
      log.error({ error: (error as Error).message }, 'the pass failed: nothing can be done without Postgres');
      return this.pace.idle();
    }
  }

  private async once(current: number): Promise<number> {
    const { ports, profiles, live, refusals, telemetry } = this.parts;
    const start = performance.now();
    if (this.registered.term !== current) this.registered = { term: current, profiles: new Set() };
    const { studies, ...settings } = live();
    const unknown = await ports.store.applyStudyStates(current, studies);
    const desired = desiredOf(profiles, settings);
    const observed = await this.observer.observe(desired.pools, current, this.registered.profiles);
    // The rows bear the database's times, which this machine's clock need not agree with.
    const now = observed.store.at;
    const actions = plan(observed, desired, now);
    const outcomes = await this.apply(actions, observed, desired.pools);
    const milliseconds = performance.now() - start;
    const report = reportOf(observed, desired, outcomes, {
      milliseconds,
      refusals: [
        ...refusals(),
        ...unknown.map((id) => `Consul sets a state of the study ${id}, which is not published.`),
      ],
      now,
    });
    this.tell(report, observed);
    telemetry.pass(report);
    if (!(await ports.store.report(current, report))) this.parts.onOutdated();
    return this.pace.after({
      milliseconds,
      changed: outcomes.some(({ result }) => result === 'done'),
      failed: outcomes.some(({ result }) => result === 'failed'),
      booting: observed.store.rows.some(({ state }) => state === 'booting'),
    });
  }

  private apply(
    actions: ReturnType<typeof plan>,
    observed: Observed,
    pools: readonly Profile[],
  ): Promise<readonly Outcome[]> {
    const { ports, settings, log, telemetry, term } = this.parts;
    const until = performance.now() + ACT_MS;
    return apply(actions, {
      ports,
      pools,
      secret: settings.OBSERVATORY_SECRET,
      log,
      telemetry,
      limit: this.limit,
      observed,
      goesOn: () => !this.stopped && performance.now() < until && term() === observed.term,
      onRegistered: (profile) => {
        this.registered.profiles.add(profile);
      },
    });
  }

  /** Problems are said when they change, what a quiet pass saw to whoever turns on debug. */
  private tell({ problems, pools }: PassReport, { nomad }: Observed): void {
    const { log, telemetry } = this.parts;
    const said = problems.join('\n');
    if (said !== this.said && problems.length > 0) log.warn({ problems }, 'the pool has problems');
    if (said !== this.said && problems.length === 0) log.info('the pool has no problems any more');
    this.said = said;
    log.debug({ pools }, 'pass');
    for (const { profile, job } of pools) {
      const children = nomad.complete ? nomad.value.children : [];
      const unplaced = children.filter((child) => child.blocked !== null && child.jobId.startsWith(`${job}/`)).length;
      if (unplaced > 0) telemetry.unplaced(profile, unplaced);
    }
  }
}
