import type { Action } from '../../src/manager/plan/action.js';
import { desiredOf } from '../../src/manager/plan/desired.js';
import type {
  Child,
  Demand,
  InstanceRow,
  NomadView,
  Observed,
  Part,
  QueueView,
} from '../../src/manager/plan/observed.js';
import { noDemand } from '../../src/manager/plan/observed.js';
import { plan } from '../../src/manager/plan/plan.js';
import { noLiveSettings } from '../../src/platform/live-settings.js';
import { child, idOf, jobOf, pool, row, running } from './plan-support.js';

/** What goes wrong in a pass: at which of its actions, and how. */
export type Failure =
  | { readonly kind: 'none' }
  /** The action ends with an error, without or after its effect. */
  | { readonly kind: 'error' | 'error-after-effect'; readonly at: number }
  /** The manager is killed before the action, or when its effect is there; another one leads from then on. */
  | { readonly kind: 'killed' | 'killed-after-effect'; readonly at: number }
  | { readonly kind: 'nomad-away' | 'consul-away' | 'redis-away' };

/** What others do between two passes; `which` chooses among those it can be done to. */
export type Event =
  | { readonly kind: 'time'; readonly seconds: number }
  | {
      readonly kind: 'wait' | 'claim' | 'finish' | 'die' | 'stop' | 'forget' | 'double' | 'retire';
      readonly which: number;
    }
  | { readonly kind: 'orphan' | 'new-version' | 'parent-stopped' | 'redis-wiped' | 'full' | 'room' };

const PASS_SECONDS = 10;
const ended = [{ ...running, status: 'failed' as const, ending: 'It ended.' }];

/** A cluster and a database in miniature, changed by the manager's actions as the real ones are. */
export class World {
  now = new Date('2026-11-24T12:00:00Z');
  rows: InstanceRow[] = [];
  children: Child[] = [];
  private version: number | null = null;
  private registered = new Set<string>();
  private term = 1;
  private waiting = 0;
  private hasRoom = true;
  private queue: QueueView = { queued: [], booting: null, old: [] };
  private serial = 0;
  private failures = noDemand.bootFailures;
  readonly desired = desiredOf([pool], noLiveSettings);

  /** One pass of the manager, and what it planned. */
  pass(failure: Failure): readonly Action[] {
    this.advance(PASS_SECONDS);
    const actions = plan(this.observe(failure), this.desired, this.now);
    for (const [at, action] of actions.entries()) {
      const hit = 'at' in failure && failure.at === at;
      if (hit && (failure.kind === 'error' || failure.kind === 'killed')) {
        if (failure.kind === 'killed') return this.handOver(actions);
        continue;
      }
      this.perform(action, hit);
      if (hit && failure.kind === 'killed-after-effect') return this.handOver(actions);
    }
    this.settle();
    return actions;
  }

  happen(event: Event): void {
    if (event.kind === 'time') return this.advance(event.seconds);
    if ('which' in event) return this.happenTo(event.kind, event.which);
    if (event.kind === 'orphan') this.children.push(this.newChild(1000 + (this.serial += 1)));
    else if (event.kind === 'new-version') this.version = this.version === null ? null : this.version + 1;
    else if (event.kind === 'parent-stopped') this.version = null;
    else if (event.kind === 'redis-wiped') this.queue = { queued: [], booting: null, old: [] };
    else this.hasRoom = event.kind === 'room';
    this.settle();
  }

  /** What the books say when they agree. */
  get settled(): boolean {
    const live = this.children.filter(({ dead }) => !dead);
    const alive = this.rows.filter(({ state }) => state === 'ready' || state === 'leased');
    const own = alive.map(({ jobId }) => jobId).sort();
    return (
      alive.length === this.rows.length &&
      own.join() ===
        live
          .map(({ jobId }) => jobId)
          .sort()
          .join()
    );
  }

  get demand(): Demand {
    return { ...noDemand, waiting: this.waiting, bootFailures: this.failures };
  }

  get oldInstances(): readonly string[] {
    return this.queue.old;
  }

  count(state: InstanceRow['state']): number {
    return this.rows.filter((one) => one.state === state).length;
  }

  private observe({ kind }: Failure): Observed {
    const part = <T>(away: boolean, value: T): Part<T> =>
      away ? { complete: false, why: 'away' } : { complete: true, value };
    const parents: NomadView['parents'] =
      this.version === null ? new Map() : new Map([['default', { version: this.version, service: 'instances' }]]);
    const named = new Set(this.rows.map(({ jobId }) => jobId));
    const children = this.children.filter(({ dead, jobId }) => !dead || named.has(jobId));
    const passing = this.children.filter(({ allocations }) => allocations[0]?.status === 'running');
    return {
      term: this.term,
      registered: this.registered,
      store: {
        at: this.now,
        rows: this.rows,
        demand: new Map([['default', this.demand]]),
      },
      nomad: part(kind === 'nomad-away', { parents, children }),
      passing: part(kind === 'consul-away', new Set(passing.flatMap(({ instanceId }) => instanceId ?? []))),
      queue: part(kind === 'redis-away', this.queue),
    };
  }

  private handOver(actions: readonly Action[]): readonly Action[] {
    this.term += 1;
    this.registered = new Set();
    this.settle();
    return actions;
  }

  /** `unnoted`: the call had its effect, but what should have come after it did not happen. */
  private perform(action: Action, unnoted: boolean): void {
    switch (action.kind) {
      case 'register-job':
        this.version ??= 0;
        if (!unnoted) this.registered.add('default');
        return;
      case 'intend':
        for (let made = 0; made < action.count && this.rows.length < pool.maxInstances; made += 1)
          this.rows.push(row((this.serial += 1), 'booting', { jobId: null, dispatchTerm: null, dispatchedAt: null }));
        return;
      case 'dispatch':
        return this.dispatch(action.id, unnoted);
      case 'adopt':
        return this.set(action.id, { jobId: action.jobId });
      case 'probe':
        this.failures = noDemand.bootFailures;
        return this.set(action.id, { state: 'ready', readyAt: this.now });
      case 'fail':
        return this.fail(action.id);
      case 'retire':
        if (action.from.some((state) => state === this.rows.find(({ id }) => id === action.id)?.state))
          this.set(action.id, { state: 'retiring' });
        return;
      case 'mark-stopped':
        this.rows = this.rows.filter(({ id }) => id !== action.id);
        return;
      case 'stop':
      case 'stop-double':
      case 'stop-orphan':
        return this.stopJob(action.jobId);
      case 'forget-old':
        this.queue = { ...this.queue, old: this.queue.old.filter((entry) => entry !== action.entry) };
        return;
      case 'publish-queue':
        this.queue = { ...this.queue, queued: action.queued, booting: String(action.booting) };
    }
  }

  /** With its token, a second dispatch after the first gives the same job. */
  private dispatch(id: string, unnoted: boolean): void {
    const made = this.children.find(({ instanceId }) => instanceId === id) ?? this.newChild(Number.parseInt(id, 16));
    if (!this.children.includes(made)) this.children.push(made);
    const claim = { dispatchTerm: this.term, dispatchedAt: this.now };
    this.set(id, unnoted ? claim : { ...claim, jobId: made.jobId, jobVersion: this.version });
  }

  private fail(id: string): void {
    const failing = this.rows.find((one) => one.id === id);
    if (failing?.state === 'leased') this.waiting += 1;
    if (failing?.state === 'booting') {
      const { count, first } = this.failures;
      this.failures = { count: count + 1, first: first ?? this.now, latest: this.now, reason: 'It ended.' };
    }
    this.set(id, { state: 'failed' });
  }

  private happenTo(kind: Extract<Event, { which: number }>['kind'], which: number): void {
    const pick = <T>(from: readonly T[]): T | undefined => from[which % Math.max(1, from.length)];
    const leased = pick(this.rows.filter(({ state }) => state === 'leased'));
    const ready = pick(this.rows.filter(({ state }) => state === 'ready'));
    const any = pick(this.children.filter(({ dead }) => !dead));
    if (kind === 'wait') this.waiting += which % 3;
    if (kind === 'claim' && ready !== undefined) this.set(ready.id, { state: 'leased' });
    if (kind === 'claim' && ready !== undefined) this.waiting = Math.max(0, this.waiting - 1);
    if (kind === 'finish' && leased !== undefined) this.set(leased.id, { state: 'retiring' });
    if (kind === 'die' && any !== undefined) this.change(any.jobId, { dead: true, allocations: ended });
    if (kind === 'stop' && any !== undefined) this.stopJob(any.jobId);
    if (kind === 'forget' && any !== undefined)
      this.children = this.children.filter(({ jobId }) => jobId !== any.jobId);
    if (kind === 'double' && any?.instanceId != null)
      this.children.push({ ...this.newChild(2000 + (this.serial += 1)), instanceId: any.instanceId });
    const old = pick(this.rows);
    if (kind === 'retire' && old !== undefined) this.queue = { ...this.queue, old: [...this.queue.old, old.id] };
    this.settle();
  }

  /** What Nomad does by itself: what has room runs, what was stopped ends. */
  private settle(): void {
    this.children = this.children.map((one) => {
      if (one.stopped) return { ...one, allocations: one.allocations.length > 0 ? ended : [], blocked: null };
      if (one.dead || one.allocations.length > 0) return one;
      return this.hasRoom ? { ...one, allocations: [running], blocked: null } : { ...one, blocked: 'No room.' };
    });
  }

  private newChild(number: number): Child {
    return child(number, {
      submittedAt: this.now,
      allocations: [],
      createIndex: (this.serial += 1),
      jobId: jobOf(number),
      instanceId: idOf(number),
    });
  }

  private stopJob(jobId: string): void {
    this.change(jobId, { stopped: true, dead: true });
  }

  private change(jobId: string, to: Partial<Child>): void {
    this.children = this.children.map((one) => (one.jobId === jobId ? { ...one, ...to } : one));
  }

  private set(id: string, to: Partial<InstanceRow>): void {
    this.rows = this.rows.map((one) => (one.id === id ? { ...one, ...to } : one));
  }

  private advance(seconds: number): void {
    this.now = new Date(this.now.getTime() + seconds * 1000);
  }
}
