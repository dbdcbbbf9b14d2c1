import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { createMetrics } from '../../src/manager/metrics.js';
import { packageRoot } from '../../src/platform/root.js';

const rules = z.object({
  groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string(), expr: z.string() })) })),
});
const read = (file: string) => readFileSync(path.join(packageRoot, file), 'utf8');
const alerts = rules.parse(parse(read('docs/operations/alerts.yaml'))).groups.flatMap((group) => group.rules);
const page = read('docs/operators.md');
const own = async () => {
  const metrics = await createMetrics().registry.getMetricsAsJSON();
  return metrics.filter(({ name }) => name.startsWith('observatory_manager_'));
};
const unique = (names: Iterable<string>) => [...new Set(names)].sort();

describe('the alerts', () => {
  it('ask only for metrics that the manager has', async () => {
    const served = (await own()).flatMap(({ name, type }) =>
      String(type) === 'histogram' ? [`${name}_bucket`] : [name],
    );
    const asked = unique(alerts.flatMap(({ expr }) => expr.match(/observatory_\w+/g) ?? []));
    assert.deepEqual(
      asked.filter((name) => !served.includes(name)),
      [],
    );
    assert.ok(asked.length > 8);
  });

  it('are all explained to operators, and no other is', () => {
    const explained = [...page.matchAll(/^\| `(Observatory\w+)`/gm)].map(([, name]) => name!);
    assert.deepEqual(unique(explained), unique(alerts.map(({ alert }) => alert)));
  });

  it('stand beside a table of every metric, and of no other', async () => {
    const table = page.slice(page.indexOf('| metric ('), page.indexOf('`process_…`'));
    const cells = [...table.matchAll(/^\| (`.*?) *\|/gm)].map(([, cell]) => cell!);
    const listed = cells.flatMap((cell) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => `observatory_manager_${name}`),
    );
    assert.deepEqual(unique(listed), unique((await own()).map(({ name }) => name)));
  });
});
