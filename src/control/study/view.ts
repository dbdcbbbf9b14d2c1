/** What the page of a study shows of its numbers: as words, tables and plots. */
import type { Price } from '../../platform/price.js';
import { patterns } from '../../platform/plot.js';
import { costOf } from './cost-view.js';
import { type DropoutRow, type Share, taskDropoutRows } from './dropouts.js';
import type { Figures } from './figures.js';
import { leftAt } from './funnel.js';
import { arrivalsPlot, cellsPlot, dropoutPlot, funnelPlot, percent, timesPlot } from './plots.js';
import type { StudyView } from './study.js';
import { quartiles, timesByTask } from './times-view.js';

export function figuresView(study: StudyView, figures: Figures, price: Price | undefined): object {
  const finished = study.funnel.steps.at(-1)?.reached ?? 0;
  const dropouts = [...study.dropouts, ...taskDropoutRows(study.funnel, figures)];
  const times = timesByTask(figures);
  return {
    ...{ patterns, share, quartiles, finished, dropouts, times },
    plots: plotsOf(study, figures, dropouts),
    difference: differenceOf(study),
    names: new Map(study.cells.map(({ number, name }) => [number, `${number}. ${name}`])),
    ...{ arrivals: figures.arrivals, countedAt: figures.at, cost: costOf(figures.hours, finished, price) },
  };
}

/** Of what there is nothing there is no plot. */
function plotsOf(
  { funnel, cells }: StudyView,
  figures: Figures,
  dropouts: readonly DropoutRow[],
): Readonly<Record<string, string | null>> {
  const hasArrivals = (funnel.steps[0]?.reached ?? 0) > 0;
  const times = timesByTask(figures).filter(({ rows }) => rows.some((row) => row.times !== null));
  // Where it is known at which task they left, those are the step.
  const drawn = dropouts.filter(({ name, task }) => task !== null || name !== 'working' || figures.stops.length === 0);
  return {
    funnel: hasArrivals ? funnelPlot(funnel.steps, leftAt) : null,
    cells: cells.length > 0 ? cellsPlot(cells) : null,
    dropouts: dropouts.some(({ left }) => left > 0) ? dropoutPlot(drawn, cells) : null,
    times: times.length > 0 ? timesPlot(times, cells) : null,
    arrivals: figures.arrivals.periods.length > 0 ? arrivalsPlot(figures.arrivals) : null,
  };
}

const share = ({ left, reached }: Share): string =>
  reached === 0 ? '–' : `${left} of ${reached} (${percent(left, reached)})`;

/** Between the fullest and the emptiest condition that is still drawn. */
function differenceOf({ cells }: StudyView): number {
  const taken = cells.filter(({ active }) => active).map(({ completed, inFlight }) => completed + inFlight);
  return taken.length === 0 ? 0 : Math.max(...taken) - Math.min(...taken);
}
