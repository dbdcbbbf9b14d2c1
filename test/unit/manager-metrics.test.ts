import assert from 'node:assert/strict';
import { createMetrics } from '../../src/manager/metrics.js';
import { type MetricsServer, serveMetrics } from '../../src/platform/web/metrics-server.js';
import type { PassReport, PoolReport } from '../../src/platform/pass-report.js';

const pool: PoolReport = {
  ...{ profile: 'default', job: 'observatory-instance', version: 3, min: 2, max: 10, maxInstances: 200, target: 4 },
  ...{ waiting: 1, booting: 2, ready: 3, leased: 5, retiring: 1, failed: 0 },
};
const report: PassReport = {
  milliseconds: 120,
  actions: {},
  pools: [pool],
  problems: ['One.', 'Two.'],
  drained: false,
};

describe('the metrics of the manager', () => {
  let metrics: ReturnType<typeof createMetrics>;
  let server: MetricsServer;
  let healthy: boolean;
  beforeEach(async () => {
    metrics = createMetrics();
    healthy = true;
    server = await serveMetrics('127.0.0.1:0', metrics.registry, () => healthy);
  });
  afterEach(() => server.stop());

  /** The samples of our own metrics, as Prometheus would scrape them; histograms by their count and sum. */
  const scrape = async (): Promise<Record<string, number>> => {
    const text = await (await fetch(`${server.address}/metrics`)).text();
    const lines = text
      .split('\n')
      .filter((line) => line.startsWith('observatory_manager_') && !line.includes('_bucket'));
    return Object.fromEntries(
      lines.map((line) => {
        const [name = '', value] = line.replace('observatory_manager_', '').split(/ (?=[^ ]+$)/);
        return [name, Number(value)];
      }),
    );
  };

  it('tell a pass: its time, its problems, the pool by profile and state', async () => {
    const before = Date.now() / 1000;
    metrics.telemetry.leads(true);
    metrics.telemetry.pass(report);
    const { last_pass_timestamp_seconds: at, ...samples } = await scrape();
    assert.ok(at !== undefined && at >= before && at <= Date.now() / 1000);
    assert.deepEqual(samples, {
      leading: 1,
      problems: 2,
      drained: 0,
      pass_seconds_count: 1,
      pass_seconds_sum: 0.12,
      'instances{profile="default",state="booting"}': 2,
      'instances{profile="default",state="ready"}': 3,
      'instances{profile="default",state="leased"}': 5,
      'instances{profile="default",state="retiring"}': 1,
      'instances{profile="default",state="failed"}': 0,
      'pool_target{profile="default"}': 4,
      'pool_min{profile="default"}': 2,
      'pool_max{profile="default"}': 10,
      'pool_max_instances{profile="default"}': 200,
      'waiting_participants{profile="default"}': 1,
    });
  });

  it('count actions by kind and outcome, and time what Nomad is asked and what boots', async () => {
    const { telemetry } = metrics;
    telemetry.action('dispatch', 'done', 0.25);
    telemetry.action('dispatch', 'failed', 15);
    telemetry.action('dispatch', 'nothing', 0.001);
    telemetry.action('retire', 'done', 0.01);
    telemetry.booted('default', 4);
    telemetry.unplaced('default', 3);
    telemetry.unplaced('default', 2);
    const samples = await scrape();
    const expected = {
      'actions_total{kind="dispatch",outcome="done"}': 1,
      'actions_total{kind="dispatch",outcome="failed"}': 1,
      'actions_total{kind="dispatch",outcome="nothing"}': 1,
      'actions_total{kind="retire",outcome="done"}': 1,
      'dispatch_seconds_count{outcome="done"}': 1,
      'dispatch_seconds_sum{outcome="done"}': 0.25,
      'dispatch_seconds_count{outcome="failed"}': 1,
      'dispatch_seconds_sum{outcome="failed"}': 15,
      'boot_seconds_count{profile="default"}': 1,
      'boot_seconds_sum{profile="default"}': 4,
      'placement_failures_total{profile="default"}': 5,
    };
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, samples[name]])), expected);
  });

  it('leave nothing of the pool behind when the lead is lost', async () => {
    metrics.telemetry.leads(true);
    metrics.telemetry.pass(report);
    metrics.telemetry.leads(false);
    const samples = await scrape();
    assert.deepEqual([samples['leading'], samples['problems']], [0, 0]);
    assert.deepEqual(
      Object.keys(samples).filter((name) => name.includes('profile=')),
      [],
    );
  });

  it('come with those of the process, in a format that Prometheus takes', async () => {
    const response = await fetch(`${server.address}/metrics`);
    assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
    assert.match(await response.text(), /^process_resident_memory_bytes \d/m);
  });

  it('stand beside a health check that says what it is told', async () => {
    const health = async () => {
      const response = await fetch(`${server.address}/healthz`);
      return [response.status, await response.json()];
    };
    assert.deepEqual(await health(), [200, { ok: true }]);
    healthy = false;
    assert.deepEqual(await health(), [503, { ok: false }]);
    assert.equal((await fetch(`${server.address}/else`)).status, 404);
  });
});
