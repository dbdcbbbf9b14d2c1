/** Plots as the pages take them in: nothing that the policy of the control area refuses, and nothing that a name could break. */
import assert from 'node:assert/strict';
import * as Plot from '@observablehq/plot';
import { drawn } from '../../src/platform/plot.js';
import { dropoutRows } from '../../src/control/study/dropouts.js';
import { funnelOf, leftAt } from '../../src/control/study/funnel.js';
import { cellsPlot, dropoutPlot, funnelPlot } from '../../src/control/study/plots.js';

const cell = { active: true, inFlight: 3, completed: 9, quota: 20, left: 0 };
const cells = [
  { ...cell, number: 1, name: '<script>alert(1)</script>' },
  { ...cell, number: 2, name: `"'&<img src=x onerror=alert(1)>`, quota: null },
];
const funnel = funnelOf([
  { state: 'abandoned', furthest: 'working', condition: 1, count: 4 },
  { state: 'finished', furthest: 'working', condition: 2, count: 9 },
]);
const texts = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text!);

describe('a plot', () => {
  const all = {
    funnel: funnelPlot(funnel.steps, leftAt),
    cells: cellsPlot(cells),
    dropouts: dropoutPlot(dropoutRows(funnel), cells),
  };

  it('has no style and no script of its own, which the pages’ policy would refuse', () => {
    for (const [name, svg] of Object.entries(all)) {
      assert.match(svg, /^<svg /, name);
      assert.doesNotMatch(svg, /<style|\sstyle=|<script|\son\w+=|<img/, name);
    }
  });

  it('is one picture with a name for who cannot see it', () => {
    for (const svg of Object.values(all)) {
      assert.match(svg, /^<svg [^>]*role="img"[^>]*>/);
      assert.equal(svg.match(/aria-label=/g)!.length, 1);
    }
    assert.match(
      drawn('"><b>', { marks: [Plot.ruleX([0])] }),
      /aria-label="&quot;><b>"|aria-label="&quot;&gt;&lt;b&gt;"/,
    );
  });

  it('has its numbers written in it', () => {
    assert.ok(texts(all.funnel).includes('13 (100 %)'), all.funnel);
    assert.ok(texts(all.cells).includes('9 + 3'), all.cells);
    assert.ok(texts(all.dropouts).includes('4 of 4'), all.dropouts);
  });

  it('takes its colours from the page', () => {
    for (const [name, svg] of Object.entries(all))
      for (const [, , colour] of svg.matchAll(/ (fill|stroke)="([^"]*)"/g))
        assert.match(colour!, /^(none|currentColor|var\(--\w+\)|url\(#hatched\))$/, name);
  });
});
