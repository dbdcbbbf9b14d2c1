/** Plots as SVG: plain shapes, coloured by the page's own classes, so that they follow its colour scheme. */

export const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]!);

export interface Line {
  readonly name: string;
  /** When, in milliseconds, each of those happened; ascending or not. */
  readonly moments: readonly number[];
}

const WIDTH = 720;
const HEIGHT = 260;
const LEFT = 44;
const BOTTOM = 30;
const TOP = 12;
const RIGHT = 12;

/** How many of each had happened by when. */
export function risingLines(label: string, lines: readonly Line[]): string {
  const end = Math.max(1_000, ...lines.flatMap(({ moments }) => moments));
  const most = Math.max(1, ...lines.map(({ moments }) => moments.length));
  const x = (milliseconds: number): number => LEFT + (milliseconds / end) * (WIDTH - LEFT - RIGHT);
  const y = (count: number): number => HEIGHT - BOTTOM - (count / most) * (HEIGHT - BOTTOM - TOP);
  const paths = lines.map(({ moments }, index) => {
    const steps = [...moments].sort((a, b) => a - b).map((at, n) => `H${x(at).toFixed(1)}V${y(n + 1).toFixed(1)}`);
    return `<path class="line c${index}" d="M${LEFT},${y(0)}${steps.join('')}H${x(end).toFixed(1)}"/>`;
  });
  const counts = niceTicks(most).map((count) => tickAt(y(count), String(count)));
  const seconds = niceTicks(end / 1000).map(
    (second) => `<text class="tick" text-anchor="middle" x="${x(second * 1000)}" y="${HEIGHT - 10}">${second} s</text>`,
  );
  return svg(label, HEIGHT, [...counts, ...seconds, ...paths]) + legend(lines.map(({ name }) => name));
}

export interface Bar {
  readonly name: string;
  /** Ascending, drawn one in front of the other. */
  readonly values: readonly number[];
  readonly told: string;
}

/** One row each; on a logarithmic scale if wanted, which must then begin above 0. */
export function rows(
  label: string,
  bars: readonly Bar[],
  { log = false, names = [] as readonly string[] } = {},
): string {
  const most = Math.max(1, ...bars.flatMap(({ values }) => values));
  const from = 210;
  const room = WIDTH - from - 180;
  const length = (value: number): number =>
    (log ? Math.log10(Math.max(value, 1)) / Math.log10(Math.max(most, 10)) : value / most) * room;
  const drawn = bars.map(({ name, values, told }, row) => {
    const y = row * 24 + 6;
    const shapes = values
      .map(
        (value, index) =>
          `<rect class="bar c${index}" x="${from}" y="${y}" height="14" width="${length(value).toFixed(1)}"/>`,
      )
      .reverse();
    const end = from + length(values.at(-1) ?? 0) + 6;
    return (
      `<text class="name" text-anchor="end" x="${from - 8}" y="${y + 12}">${escaped(name)}</text>${shapes.join('')}` +
      `<text class="tick" x="${end.toFixed(1)}" y="${y + 12}">${escaped(told)}</text>`
    );
  });
  return svg(label, bars.length * 24 + 8, drawn) + (names.length > 0 ? legend(names) : '');
}

/** How many values lie in each of some equal ranges. */
export function histogram(label: string, milliseconds: readonly number[]): string {
  const most = Math.max(1, ...milliseconds) / 1000;
  const step = (niceTicks(most)[1] ?? 1) / 2;
  const ranges = Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step);
  const bars = ranges.map((from): Bar => {
    const count = milliseconds.filter((value) => value / 1000 >= from && value / 1000 < from + step).length;
    return { name: `${rounded(from)} to ${rounded(from + step)} s`, values: [count], told: String(count) };
  });
  return rows(label, bars);
}

const rounded = (value: number): string => String(Math.round(value * 1000) / 1000);

/** 0 and some round numbers up to the most. */
export function niceTicks(most: number): number[] {
  const raw = most / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw)!;
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => Number((index * step).toPrecision(6)));
}

function tickAt(y: number, text: string): string {
  return (
    `<path class="grid" d="M${LEFT},${y}H${WIDTH - RIGHT}"/>` +
    `<text class="tick" text-anchor="end" x="${LEFT - 6}" y="${y + 4}">${text}</text>`
  );
}

function svg(label: string, height: number, shapes: readonly string[]): string {
  return `<svg role="img" aria-label="${escaped(label)}" viewBox="0 0 ${WIDTH} ${height}">${shapes.join('')}</svg>`;
}

function legend(names: readonly string[]): string {
  const items = names.map((name, index) => `<span><i class="c${index}"></i>${escaped(name)}</span>`);
  return `<p class="legend">${items.join('')}</p>`;
}
