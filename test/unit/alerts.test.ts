/** What is made of the metrics (alerts, dashboard, the operators' page) names what both processes serve, and all of it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pino } from 'pino';
import type { Registry } from 'prom-client';
import { parse } from 'yaml';
import { z } from 'zod';
import { createWebMetrics } from '../../src/control/metrics.js';
import { createMetrics } from '../../src/manager/metrics.js';
import { packageRoot } from '../../src/platform/root.js';

const rules = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          ...{
            alert: z.string(),
            expr: z.string(),
            for: z
              .string()
              .regex(/^\d+[mh]$/)
              .optional(),
          },
          labels: z.object({ severity: z.enum(['critical', 'warning', 'info']) }),
          annotations: z.object({ summary: z.string().min(20) }),
        }),
      ),
    }),
  ),
});
const panels = z.object({
  panels: z.array(
    z.object({
      ...{ id: z.number(), title: z.string().min(1), type: z.enum(['row', 'stat', 'timeseries']) },
      targets: z.array(z.object({ expr: z.string() })).default([]),
    }),
  ),
});

const read = (file: string) => readFileSync(path.join(packageRoot, file), 'utf8');
const alerts = rules.parse(parse(read('docs/operations/alerts.yaml'))).groups.flatMap((group) => group.rules);
const dashboard = panels.parse(JSON.parse(read('docs/operations/dashboard.json'))).panels;
const page = read('docs/operators.md');
const unique = (names: Iterable<string>) => [...new Set(names)].sort();

interface Served {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
}

async function own(registry: Registry, prefix: string): Promise<Served[]> {
  const all = await registry.getMetricsAsJSON();
  return all
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name, type }) => {
      const { labelNames } = registry.getSingleMetric(name) as unknown as { labelNames: readonly string[] };
      return { name, type: String(type), labels: labelNames };
    });
}

describe('the alerts and the dashboard', () => {
  /** By process. */
  const served: Record<'manager' | 'web', Served[]> = { manager: [], web: [] };
  /** Each name that a query may have, with the labels that it may ask for. */
  const series = new Map<string, readonly string[]>();
  before(async () => {
    served.manager = await own(createMetrics().registry, 'observatory_manager_');
    const database = { query: () => Promise.reject(new Error('not asked here')) };
    const web = createWebMetrics({ database, log: pino({ enabled: false }) });
    served.web = await own(web.registry, 'observatory_web_');
    for (const { name, type, labels } of Object.values(served).flat()) {
      // What Prometheus itself adds.
      const all = [...labels, 'instance', 'job'];
      if (type !== 'histogram') series.set(name, all);
      else {
        series.set(`${name}_bucket`, [...all, 'le']);
        for (const part of ['count', 'sum']) series.set(`${name}_${part}`, all);
      }
    }
  });

  /** What a query asks for that nobody serves. */
  function unserved(expr: string): string[] {
    const unknown = (expr.match(/observatory_\w+/g) ?? []).filter((name) => !series.has(name));
    const selectors = [...expr.matchAll(/(observatory_\w+)\{([^}]*)\}/g)];
    const asked = selectors.flatMap(([, name, labels]) =>
      [...labels!.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => ({ name: name!, label: label! })),
    );
    const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels]) => labels!.split(/,\s*/));
    const names = expr.match(/observatory_\w+/g) ?? [];
    return [
      ...unknown,
      ...asked
        .filter(({ name, label }) => !series.get(name)?.includes(label))
        .map(({ name, label }) => `${name} ${label}`),
      ...grouped.filter((label) => !names.some((name) => series.get(name)?.includes(label))),
    ];
  }

  it('ask only for metrics and labels that the processes serve', () => {
    const queries = [...alerts, ...dashboard.flatMap(({ targets }) => targets)].map(({ expr }) => expr);
    assert.deepEqual(queries.flatMap(unserved), []);
    assert.ok(queries.length > 50);
    for (const made of [
      'observatory_web_made_up',
      'observatory_web_gate_answers_total{study="a"}',
      'sum by (who) (observatory_web_requests_total)',
    ])
      assert.notDeepEqual(unserved(made), [], made);
  });

  it('show every metric on the dashboard', () => {
    const shown = dashboard.flatMap(({ targets }) =>
      targets.flatMap(({ expr }) => expr.match(/observatory_\w+/g) ?? []),
    );
    const missing = Object.values(served)
      .flat()
      .filter(({ name }) => !shown.some((one) => one.replace(/_(bucket|count|sum)$/, '') === name));
    assert.deepEqual(missing, []);
    assert.equal(new Set(dashboard.map(({ id }) => id)).size, dashboard.length);
  });

  it('are all explained to operators, and no other is', () => {
    const explained = [...page.matchAll(/^\| `(Observatory\w+)`/gm)].map(([, name]) => name!);
    assert.deepEqual(unique(explained), unique(alerts.map(({ alert }) => alert)));
    assert.equal(explained.length, alerts.length);
  });

  for (const [process, end] of [
    ['manager', 'With `OBSERVATORY_WEB_METRICS_LISTEN`'],
    ['web', 'The last four rows'],
  ] as const) {
    it(`stand beside a table of every metric of the ${process}, and of no other`, () => {
      const table = page.slice(page.indexOf(`| metric (\`observatory_${process}_`), page.indexOf(end));
      const rows = [...table.matchAll(/^\| (`.*?) *\|[^|]*\|([^|]*)\|/gm)];
      const listed = rows.flatMap(([, names, labels]) => {
        const labelled = [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label!);
        return [...names!.matchAll(/`(\w+)`/g)].map(([, name]) => `observatory_${process}_${name} ${labelled.join()}`);
      });
      assert.deepEqual(unique(listed), unique(served[process].map(({ name, labels }) => `${name} ${labels.join()}`)));
    });
  }
});
