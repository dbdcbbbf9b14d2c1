/** The plots of a study's page: each has its numbers written in it, and stands above the table that has all of them. */
import * as Plot from '@observablehq/plot';
import { drawn, hatched } from '../../platform/plot.js';
import type { Arrivals } from './arrivals.js';
import type { DropoutRow, Share } from './dropouts.js';
import type { FunnelStep } from './funnel.js';
import type { Cell } from './study.js';
import { minutes, type TimesOfTask } from './times-view.js';

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

/** A group of rows a task, in it a row a condition: from the lower to the upper quartile, the median marked. */
export function timesPlot(tasks: readonly TimesOfTask[], cells: readonly Cell[]): string {
  const sides = { focus: 'in focus', open: 'page open' } as const;
  const rows = tasks.flatMap(({ name, rows }) =>
    rows.flatMap(({ condition, times }) => {
      const cell = cells.find(({ number }) => number === condition);
      if (cell === undefined || times === null) return [];
      return (['focus', 'open'] as const).map((side) => {
        const [low, median, high] = times[side].map((seconds) => seconds / 60) as [number, number, number];
        return { name, label: conditionName(cell), side: sides[side], low, median, high };
      });
    }),
  );
  const names = tasks.map(({ name }) => name);
  return drawn('How long participants took for each task, by condition', {
    ...{ ...ROOM, marginRight: 60, marginTop: 26 },
    height: names.length * (cells.length * 20 + HEADING) + 26 + ROOM.marginBottom,
    x: { label: 'minutes', domain: [0, Math.max(1, ...rows.map(({ high }) => high))], ticks: 4 },
    y: { label: null, domain: cells.map(conditionName), tickFormat: shortened, tickSize: 0, insetTop: HEADING },
    fx: { label: null, domain: Object.values(sides), padding: 0.22 },
    fy: { axis: null, domain: names, padding: 0 },
    marks: [
      Plot.text(names, {
        ...{ fx: () => sides.focus, fy: (name: string) => name },
        ...{ frameAnchor: 'top-left', dx: -ROOM.marginLeft, dy: 8, ...HEAD },
      }),
      Plot.ruleX([0], { stroke: PALE, insetTop: HEADING }),
      Plot.barX(rows, {
        ...{ x1: 'low', x2: 'high', y: 'label', fx: 'side', fy: 'name' },
        ...{ fill: hatched, stroke: ACCENT, insetTop: 4, insetBottom: 4 },
      }),
      Plot.tickX(rows, { x: 'median', y: 'label', fx: 'side', fy: 'name', stroke: 'currentColor', strokeWidth: 3 }),
      Plot.text(rows, {
        ...{ x: 'high', y: 'label', fx: 'side', fy: 'name', textAnchor: 'start', dx: 6 },
        text: ({ median }: { median: number }) => minutes(median * 60),
      }),
    ],
  });
}

/** Two rows of bars on one axis of time. */
export function arrivalsPlot({ width, periods }: Arrivals): string {
  const lasts = { hour: 3_600_000, day: 86_400_000, week: 604_800_000 }[width];
  const bars = periods.flatMap(({ from, arrived, finished }) =>
    Object.entries({ arrived, finished }).map(([what, count]) => ({
      ...{ what, count, from, to: new Date(from.getTime() + lasts) },
    })),
  );
  return drawn(`How many participants arrived and finished in each ${width}`, {
    ...{ marginLeft: 50, marginRight: 75, marginTop: 10, marginBottom: 38, height: 250 },
    x: { type: 'utc', label: null, ticks: 6 },
    y: { label: null, grid: true, ticks: 3, tickFormat: 'd' },
    fy: { label: null, domain: ['arrived', 'finished'], padding: 0.15 },
    marks: [
      Plot.rectY(bars, { x1: 'from', x2: 'to', y: 'count', fy: 'what', fill: ACCENT, inset: 0.5 }),
      Plot.ruleY([0], { stroke: PALE }),
    ],
  });
}
