/** The report as one page that needs nothing else: plots, tables, in light and dark. */
import type { Run } from './run.js';
import { escaped, histogram, risingLines, rows } from './plots.js';
import type { Report } from './report.js';

const style = `
:root { color-scheme: light dark; --page: light-dark(#f6f6f3, #16181b); --card: light-dark(#fff, #1e2125);
  --line: light-dark(#dfe0dc, #33383f); --text: light-dark(#22262b, #e4e6e8); --quiet: light-dark(#5c646d, #a2abb5);
  --c0: light-dark(#1f5f8b, #7db8e0); --c1: light-dark(#8fb8d4, #41708f); --c2: light-dark(#c9dce9, #2b4a5f);
  --good: light-dark(#256b3c, #7fcf9a); --bad: light-dark(#a12a22, #f09a92); }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { margin: 0; font-size: 1.6rem; } h2 { font-size: 1.1rem; margin: 0 0 .75rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 1.25rem; margin-top: 1rem; }
.quiet, .tick, .legend { color: var(--quiet); fill: var(--quiet); }
.verdict { font-weight: 600; } .good { color: var(--good); } .bad { color: var(--bad); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: 1rem; margin: 0; }
dt { color: var(--quiet); font-size: .85rem; } dd { margin: 0; font-size: 1.5rem; font-variant-numeric: tabular-nums; }
svg { width: 100%; height: auto; display: block; } svg text { font-size: 12px; } .name { fill: var(--text); }
.grid { stroke: var(--line); } .line { fill: none; stroke-width: 2; }
.line.c0 { stroke: var(--quiet); stroke-dasharray: 4 3; } .line.c1 { stroke: var(--c0); } .line.c2 { stroke: var(--good); }
.bar.c0 { fill: var(--c0); } .bar.c1 { fill: var(--c1); } .bar.c2 { fill: var(--c2); }
.legend { display: flex; gap: 1.25rem; margin: .5rem 0 0; font-size: .85rem; }
.legend i { display: inline-block; width: .8rem; height: .8rem; margin-right: .4rem; border-radius: 2px; }
.rising .legend .c0 { background: var(--quiet); } .rising .legend .c1 { background: var(--c0); } .rising .legend .c2 { background: var(--good); }
.times .legend .c0 { background: var(--c0); } .times .legend .c1 { background: var(--c1); } .times .legend .c2 { background: var(--c2); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .3rem .5rem; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }`;

export function reportPage(report: Report, run: Run): string {
  const { played } = run;
  const rising = risingLines('How many had arrived, and how many were done, by when', [
    { name: 'arrived', moments: played.map(({ arrivedAt }) => arrivedAt) },
    { name: 'had a notebook', moments: run.notebookMoments },
    { name: 'finished', moments: played.flatMap(({ outcome, endedAt }) => (outcome === 'finished' ? [endedAt] : [])) },
  ]);
  const waits = run.tally.times('wait for a notebook');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Simulation of ${escaped(report.study)}</title><style>${style}</style></head><body><main>
<h1>Simulation of ${escaped(report.study)}</h1>
<p class="quiet">${report.participants} participants, arriving as ${report.arrivals}, in ${report.seconds} s; seed ${report.seed}</p>
${verdict(report)}
${section('In figures', figures(report))}
${section('Participants over time', rising, 'rising')}
${section('How long each step took', stepPlot(report), 'times')}
${waits.length > 0 ? section('How long they waited for a notebook', histogram('Waits for a notebook', waits)) : ''}
${report.conditions === null ? '' : section('Participants by condition', conditions(report.conditions))}
${section('Each step, in milliseconds', stepTable(report))}
${section('Who they were', behaviourTable(report))}
${
  report.faults.length > 0
    ? section(
        'Faults that were made',
        table(
          ['What', 'Second'],
          report.faults.map(({ what, atSecond }) => [what, atSecond]),
        ),
      )
    : ''
}
${section('Errors that were met', errorTable(report))}
</main></body></html>
`;
}

function verdict({ ok, problems, events }: Report): string {
  if (ok && events.stored === null)
    return '<p class="verdict good">All got as far as they should. Nobody looked into the database.</p>';
  if (ok) return '<p class="verdict good">All is well: nothing lost, nothing doubled, nothing left over.</p>';
  return `<div class="verdict bad"><p>Not all is well:</p><ul>${problems.map((one) => `<li>${escaped(one)}</li>`).join('')}</ul></div>`;
}

function section(title: string, content: string, kind = ''): string {
  return `<section class="${kind}"><h2>${title}</h2>${content}</section>`;
}

function figures(report: Report): string {
  const { events } = report;
  const all: readonly (readonly [string, number | null])[] = [
    ['finished', report.finished],
    ['left on purpose', report.left],
    ['failed', report.failed],
    ['events made', events.made],
    ['sent', events.sent],
    ['acknowledged', events.acknowledged],
    ['stored', events.stored],
    ['kept apart', events.strays],
    ['lost', events.lost],
    ['doubled', report.doubled],
    ['instances leaked', report.leaked],
    ['imbalance', report.imbalance],
    ['notebooks replayed', report.replayed?.same ?? null],
    ['replay differs', report.replayed?.different ?? null],
    ['attacks refused', report.attacksRefused],
  ];
  const items = all.map(
    ([name, value]) =>
      `<div><dt>${name}</dt><dd>${value === null ? 'not looked at' : value.toLocaleString('en')}</dd></div>`,
  );
  return `<dl>${items.join('')}</dl>`;
}

function stepPlot({ steps }: Report): string {
  const bars = Object.entries(steps).map(([name, { p50, p95, p99 }]) => ({
    name,
    values: [p50, p95, p99],
    told: `${told(p50)} · ${told(p95)} · ${told(p99)}`,
  }));
  return rows('Times of each step', bars, { log: true, names: ['p50', 'p95', 'p99 (logarithmic)'] });
}

const told = (milliseconds: number): string =>
  milliseconds < 1_000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(1)} s`;

function conditions(counts: Readonly<Record<string, number>>): string {
  const bars = Object.entries(counts).map(([name, count]) => ({ name, values: [count], told: String(count) }));
  return rows('Participants by condition', bars);
}

function stepTable({ steps }: Report): string {
  const lines = Object.entries(steps).map(([name, { count, p50, p95, p99, max }]) => [name, count, p50, p95, p99, max]);
  return table(['Step', 'Count', 'p50', 'p95', 'p99', 'Longest'], lines);
}

function behaviourTable({ behaviours }: Report): string {
  const lines = Object.entries(behaviours).map(([name, { finished, left, failed }]) => [name, finished, left, failed]);
  return table(['Behaviour', 'Finished', 'Left', 'Failed'], lines);
}

function errorTable({ errors }: Report): string {
  const lines = Object.entries(errors);
  if (lines.length === 0) return '<p>None.</p>';
  return `${table(['Cause', 'Times'], lines)}<p class="quiet">Most of them a page gets over by itself: it asks again.</p>`;
}

function table(head: readonly string[], lines: readonly (readonly (string | number)[])[]): string {
  const row = (cells: readonly (string | number)[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(String(cell))}</${tag}>`).join('')}</tr>`;
  return `<div class="scroll"><table>${row(head, 'th')}${lines.map((line) => row(line, 'td')).join('')}</table></div>`;
}
