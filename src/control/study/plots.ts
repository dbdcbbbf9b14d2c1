/** The plots of a study's page: each has its numbers written in it, and stands above the table that has all of them. */
import * as Plot from '@observablehq/plot';
import { drawn, hatched } from '../../platform/plot.js';
import type { DropoutRow, Share } from './dropouts.js';
import type { FunnelStep } from './funnel.js';
import type { Cell } from './study.js';

const ACCENT = 'var(--accent)';
const PALE = 'var(--pale)';
const LONGEST_NAME = 25;
/** Left of the bars, for names; right of them, for numbers. */
const ROOM = { marginLeft: 200, marginRight: 110, marginTop: 6, marginBottom: 38 } as const;
const AXIS = ROOM.marginTop + ROOM.marginBottom;
/** Above each group of bars. */
const HEADING = 26;
const HEAD = { textAnchor: 'start', fontWeight: 600 } as const;

const shortened = (name: string): string => (name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name);
export const conditionName = ({ number, name }: Pick<Cell, 'number' | 'name'>): string => `${number}. ${name}`;
export const percent = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${Math.round((100 * part) / whole)} %`;

/** A bar a step, one below the other; the pale part is who left at the step. */
export function funnelPlot(steps: readonly FunnelStep[], leftAt: (step: FunnelStep) => number): string {
  const all = steps[0]?.reached ?? 0;
  const bars = steps.map((step) => ({ ...step, stayed: step.reached - leftAt(step) }));
  return drawn('How many participants reached each step', {
    ...{ ...ROOM, height: steps.length * 30 + AXIS },
    x: { label: 'participants', domain: [0, Math.max(1, all)], grid: true, ticks: 5, tickFormat: 'd' },
    y: { label: null, domain: steps.map(({ step }) => step), tickSize: 0 },
    marks: [
      Plot.barX(bars, { x: 'stayed', y: 'step', fill: ACCENT }),
      Plot.barX(bars, { x1: 'stayed', x2: 'reached', y: 'step', fill: hatched, stroke: ACCENT }),
      Plot.text(bars, {
        ...{ x: 'reached', y: 'step', textAnchor: 'start', dx: 6 },
        text: ({ reached }: FunnelStep) => `${reached} (${percent(reached, all)})`,
      }),
    ],
  });
}

/** Who finished and who is on the way, with a line where the quota is. */
export function cellsPlot(cells: readonly Cell[]): string {
  const bars = cells.map((cell) => ({ ...cell, label: conditionName(cell), taken: cell.completed + cell.inFlight }));
  const quotas = bars.filter(({ quota }) => quota !== null);
  const most = Math.max(1, ...bars.map(({ taken, quota }) => Math.max(taken, quota ?? 0)));
  return drawn('How the conditions are filled', {
    ...{ ...ROOM, height: cells.length * 30 + AXIS },
    x: { label: 'participants', domain: [0, most], grid: true, ticks: Math.min(5, most), tickFormat: 'd' },
    y: { label: null, domain: bars.map(({ label }) => label), tickFormat: shortened, tickSize: 0 },
    marks: [
      Plot.barX(bars, { x: 'completed', y: 'label', fill: ACCENT }),
      Plot.barX(bars, { x1: 'completed', x2: 'taken', y: 'label', fill: hatched, stroke: ACCENT }),
      Plot.tickX(quotas, { x: 'quota', y: 'label', stroke: 'currentColor', strokeWidth: 2 }),
      Plot.text(bars, {
        ...{ x: ({ taken, quota }: (typeof bars)[number]) => Math.max(taken, quota ?? 0), y: 'label' },
        ...{ textAnchor: 'start', dx: 6 },
        text: ({ completed, inFlight }: Cell) => `${completed} + ${inFlight}`,
      }),
    ],
  });
}

/** A group of bars a step, in it a bar a condition: what part of those who came so far left there. */
export function dropoutPlot(rows: readonly DropoutRow[], cells: readonly Cell[]): string {
  const bars = rows.flatMap(({ name, byCondition }) =>
    byCondition === null
      ? []
      : cells.map((cell) => {
          const { left, reached } = byCondition.get(cell.number) ?? { left: 0, reached: 0 };
          return { name, label: conditionName(cell), left, reached, share: reached === 0 ? 0 : (100 * left) / reached };
        }),
  );
  const names = [...new Set(bars.map(({ name }) => name))];
  return drawn('How many left at each step, by condition', {
    ...{ ...ROOM, height: names.length * (cells.length * 18 + HEADING) + AXIS },
    x: {
      label: '% of those who reached the step',
      domain: [0, Math.max(5, ...bars.map(({ share }) => share))],
      ticks: 5,
    },
    y: { label: null, domain: cells.map(conditionName), tickFormat: shortened, tickSize: 0, insetTop: HEADING },
    fy: { axis: null, domain: names, padding: 0 },
    marks: [
      Plot.text(names, { fy: (name: string) => name, frameAnchor: 'top-left', dx: -ROOM.marginLeft, dy: 8, ...HEAD }),
      Plot.barX(bars, { x: 'share', y: 'label', fy: 'name', fill: ACCENT, insetTop: 1, insetBottom: 1 }),
      Plot.ruleX([0], { stroke: PALE, insetTop: HEADING }),
      Plot.text(bars, {
        ...{ x: 'share', y: 'label', fy: 'name', textAnchor: 'start', dx: 6 },
        text: ({ left, reached }: Share) => `${left} of ${reached}`,
      }),
    ],
  });
}
