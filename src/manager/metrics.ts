import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { PoolReport } from '../platform/pass-report.js';
import type { Telemetry } from './telemetry.js';

const prefix = 'observatory_manager_';
const states = ['booting', 'ready', 'leased', 'retiring', 'failed'] as const satisfies readonly (keyof PoolReport)[];

/** What the manager does, as Prometheus reads it. */
export function createMetrics(): { readonly telemetry: Telemetry; readonly registry: Registry } {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const pools = poolMetrics(registry);
  const passes = passMetrics(registry);
  const instances = instanceMetrics(registry);
  const actions = new Counter({
    name: `${prefix}actions_total`,
    help: 'Actions by kind, and whether they changed something (done), found nothing to change (nothing) or failed.',
    labelNames: ['kind', 'outcome'],
    registers: [registry],
  });
  const leading = gauge(registry, 'leading', 'Whether this manager leads: 1 or 0.');
  const telemetry: Telemetry = {
    pass(report) {
      passes.time.observe(report.milliseconds / 1000);
      passes.at.setToCurrentTime();
      passes.problems.set(report.problems.length);
      passes.drained.set(report.drained ? 1 : 0);
      pools.show(report.pools);
    },
    action(kind, outcome, seconds) {
      actions.inc({ kind, outcome });
      if (kind === 'dispatch' && outcome !== 'nothing') instances.dispatch.observe({ outcome }, seconds);
    },
    booted(profile, seconds) {
      instances.boot.observe({ profile }, seconds);
    },
    unplaced(profile, count) {
      instances.unplaced.inc({ profile }, count);
    },
    leads(leads) {
      leading.set(leads ? 1 : 0);
      if (leads) return;
      // Another manager tells these now: what this one saw last would only contradict it.
      pools.show([]);
      passes.problems.set(0);
      passes.drained.set(0);
    },
  };
  return { telemetry, registry };
}

function passMetrics(registry: Registry) {
  return {
    time: new Histogram({
      name: `${prefix}pass_seconds`,
      help: 'How long a pass takes: looking, deciding, acting.',
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers: [registry],
    }),
    at: gauge(registry, 'last_pass_timestamp_seconds', 'When this manager ended its latest pass, in Unix time.'),
    problems: gauge(registry, 'problems', 'Problems that the latest pass names; `observatory status` says which.'),
    drained: gauge(registry, 'drained', 'Whether the pool is being drained or empty on purpose: 1 or 0.'),
  };
}

function poolMetrics(registry: Registry) {
  const of = (name: string, help: string, ...labels: string[]) =>
    new Gauge({ name: `${prefix}${name}`, help, labelNames: ['profile', ...labels], registers: [registry] });
  const instances = of('instances', 'Instances by profile and state.', 'state');
  const target = of('pool_target', 'Warm instances that the pool should have now.');
  const least = of('pool_min', 'Warm instances at least.');
  const most = of('pool_max', 'Warm instances at most.');
  const ceiling = of('pool_max_instances', 'Ceiling of instances alive, in whatever state.');
  const waiting = of('waiting_participants', 'Participants in the line.');
  return {
    show(reports: readonly PoolReport[]): void {
      // A profile that is gone leaves no number behind.
      for (const metric of [instances, target, least, most, ceiling, waiting]) metric.reset();
      for (const report of reports) {
        const { profile } = report;
        for (const state of states) instances.set({ profile, state }, report[state]);
        target.set({ profile }, report.target);
        least.set({ profile }, report.min);
        most.set({ profile }, report.max);
        ceiling.set({ profile }, report.maxInstances);
        waiting.set({ profile }, report.waiting);
      }
    },
  };
}

function instanceMetrics(registry: Registry) {
  return {
    boot: new Histogram({
      name: `${prefix}boot_seconds`,
      help: 'From the dispatch of an instance to its first answer through Traefik.',
      labelNames: ['profile'],
      buckets: [0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 45, 60, 120],
      registers: [registry],
    }),
    dispatch: new Histogram({
      name: `${prefix}dispatch_seconds`,
      help: 'How long Nomad takes to answer a dispatch, by outcome.',
      labelNames: ['outcome'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
      registers: [registry],
    }),
    unplaced: new Counter({
      name: `${prefix}placement_failures_total`,
      help: 'Instances that found no node, counted anew in each pass that sees them.',
      labelNames: ['profile'],
      registers: [registry],
    }),
  };
}

const gauge = (registry: Registry, name: string, help: string): Gauge =>
  new Gauge({ name: `${prefix}${name}`, help, registers: [registry] });
