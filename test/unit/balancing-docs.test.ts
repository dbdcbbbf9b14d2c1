/** What docs/researchers.md says of balancing: its example can be used, and its picture is drawn by the draws themselves. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { type Cell, draw, type Rule } from '../../src/participants/balance.js';
import { packageRoot } from '../../src/platform/root.js';
import { balancingProblems, balancingSchema } from '../../src/studies/balancing.js';
import { readStudy } from '../../src/studies/read.js';

/** `OBSERVATORY_PICTURES=docs/images` draws the picture anew. */
const PICTURES = process.env['OBSERVATORY_PICTURES'];
const ARRIVALS = 60;
const STAYS = 12;
/** The 7th of each ten drops out halfway through. */
const dropsOut = (arrival: number): boolean => arrival % 10 === 6;

const rules: readonly { readonly title: string; readonly rule: Rule }[] = [
  { title: 'least', rule: { strategy: 'least' } },
  { title: 'two-stage', rule: { strategy: 'two-stage' } },
  { title: 'weighted, A twice', rule: { strategy: 'weighted' } },
  { title: 'rare-common, D every 10th', rule: { strategy: 'rare-common', every: 10, rare: [4] } },
  { title: 'blocks', rule: { strategy: 'blocks', repeats: 1 } },
];

/** After each arrival, how many have completed or are in flight, by condition. */
function course(rule: Rule): number[][] {
  const taken = [0, 0, 0, 0];
  const givenBack = [0, 0, 0, 0];
  const leaving = new Map<number, number>();
  const counts: number[][] = [];
  let position = 0;
  for (let arrival = 0; arrival < ARRIVALS; arrival += 1) {
    const gone = leaving.get(arrival);
    if (gone !== undefined) {
      taken[gone - 1]! -= 1;
      givenBack[gone - 1]! += 1;
    }
    const cells = taken.map((count, index): Cell => ({
      ...{ condition: index + 1, taken: count, givenBack: givenBack[index]!, full: false },
      ...{ category: index < 2 ? 'first' : 'second', weight: rule.strategy === 'weighted' && index === 0 ? 2 : 1 },
    }));
    const { condition, next } = draw({ rule, number: arrival + 1, stratum: null, position, cells }, 'docs')!;
    position = next;
    taken[condition - 1]! += 1;
    if (givenBack[condition - 1]! > 0) givenBack[condition - 1]! -= 1;
    if (dropsOut(arrival)) leaving.set(arrival + STAYS / 2, condition);
    counts.push([...taken]);
  }
  return counts;
}

describe('docs/researchers.md on balancing', () => {
  it('has an example that can be used', async () => {
    const docs = readFileSync(path.join(packageRoot, 'docs/researchers.md'), 'utf8');
    const yaml = /## Balancing.*?```yaml\n(.*?)```/s.exec(docs)![1]!;
    const { balancing } = parse(yaml) as { balancing: unknown };
    const { conditions } = await readStudy(path.join(packageRoot, 'studies/crypto-api'));
    assert.deepEqual(
      balancingProblems(
        balancingSchema.parse(balancing),
        conditions.map(({ name }) => name),
      ),
      [],
    );
  });

  it('shows in its picture what is said: dropouts are filled again, and none falls behind', () => {
    for (const { title, rule } of rules) {
      const [a, b, c, d] = course(rule).at(-1) as [number, number, number, number];
      const spread = Math.max(b, c, d) - Math.min(b, c, d);
      if (rule.strategy === 'rare-common') assert.ok(d <= 6 && Math.max(a, b, c) - Math.min(a, b, c) <= 2, title);
      else assert.ok(spread <= 2, `${title}: ${[a, b, c, d].join(' ')}`);
      if (rule.strategy === 'weighted') assert.ok(Math.abs(a - 2 * b) <= 2, title);
    }
    if (PICTURES) writeFileSync(path.join(PICTURES, 'balancing.svg'), picture());
  });
});

const PANEL = { width: 230, height: 170, left: 34, top: 34, gap: 24 };

function picture(): string {
  const width = rules.length * (PANEL.width + PANEL.gap) + 20;
  const panels = rules.map(({ title, rule }, index) => panel(title, course(rule), index)).join('\n');
  const key = ['A', 'B', 'C', 'D'].map(
    (name, index) =>
      `<g transform="translate(${PANEL.left + index * 60} 252)"><path class="c${index}" d="M0 0h22"/><text x="28" y="4">${name}</text></g>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} 270" width="${width}" height="270" role="img" aria-label="How four conditions fill by each strategy">
<style>
  svg { background: #fff; color: #1b1b1b; font: 12px sans-serif; }
  text { fill: currentColor; } .title { font-weight: bold; } .axis { stroke: currentColor; fill: none; opacity: .5; }
  path { fill: none; stroke-width: 2; } .c0 { stroke: #0072b2; } .c1 { stroke: #d55e00; stroke-dasharray: 6 2; }
  .c2 { stroke: #009e73; stroke-dasharray: 2 2; } .c3 { stroke: #b3468c; stroke-dasharray: 8 3 2 3; } .drop { fill: currentColor; }
  @media (prefers-color-scheme: dark) { svg { background: #161616; color: #eee; } .c0 { stroke: #56b4e9; } .c1 { stroke: #e69f00; } .c2 { stroke: #3fd1a6; } .c3 { stroke: #e08bc0; } }
</style>
${panels}
${key.join('')}
<text x="${PANEL.left + 260}" y="256">completed or in flight, after each of ${ARRIVALS} arrivals; ▲ somebody drops out</text>
</svg>
`;
}

function panel(title: string, counts: readonly number[][], index: number): string {
  const most = 26;
  const x = (arrival: number): number => (arrival / (ARRIVALS - 1)) * PANEL.width;
  const y = (count: number): number => PANEL.height - (count / most) * PANEL.height;
  const lines = [0, 1, 2, 3].map((condition) => {
    const points = counts.map((each, arrival) => `${x(arrival).toFixed(1)} ${y(each[condition]!).toFixed(1)}`);
    return `<path class="c${condition}" d="M${points.join('L')}"/>`;
  });
  const drops = counts.flatMap((_, arrival) =>
    dropsOut(arrival - STAYS / 2)
      ? [
          `<text class="drop" x="${x(arrival).toFixed(1)}" y="${PANEL.height + 12}" text-anchor="middle" font-size="8">▲</text>`,
        ]
      : [],
  );
  const ticks = [0, 10, 20].map((count) => `<text x="-8" y="${y(count) + 4}" text-anchor="end">${count}</text>`);
  return `<g transform="translate(${PANEL.left + index * (PANEL.width + PANEL.gap)} ${PANEL.top})"><text class="title" y="-12">${title}</text>
<path class="axis" d="M0 0V${PANEL.height}H${PANEL.width}"/>${ticks.join('')}${lines.join('')}${drops.join('')}</g>`;
}
