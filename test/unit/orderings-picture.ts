/** All orders of an example as a picture for the docs: a row an order, a column a place; readable in light and dark, and without colours. */
import { blocksOf, type Ordering } from '../../src/studies/orderings/ordering.js';
import { orderingRows } from '../../src/studies/orderings/rows.js';

const HEIGHT = 30;
const GAP = 4;
const TOP = 28;
const LEFT = 150;

/** Tasks of one part of the notebook have one colour; what stands alone has none. */
function colours(orderings: readonly Ordering[]): Map<string, string> {
  const parts = orderings.flatMap((ordering) => blocksOf(ordering).filter(({ tasks }) => tasks.length > 1));
  return new Map(parts.flatMap(({ tasks }, part) => tasks.map((task) => [task, `p${part % 2}`])));
}

export function orderingsPicture(label: string, orderings: readonly Ordering[]): string {
  const rows = orderingRows(orderings, new Map());
  const colour = colours(orderings);
  const longest = rows[0]!.tasks.map((_, place) => Math.max(...rows.map(({ tasks }) => tasks[place]!.length)));
  const widths = longest.map((length) => Math.max(50, length * 8 + 16));
  const leftOf = (place: number): number => widths.slice(0, place).reduce((x, width) => x + width + GAP, LEFT);
  const middleOf = (place: number): number => leftOf(place) + widths[place]! / 2;
  const size = { width: leftOf(widths.length) + 6, height: TOP + rows.length * (HEIGHT + GAP) + 8 };
  const heads = widths.map((_, place) => `<text class="small" x="${middleOf(place)}" y="18">place ${place}</text>`);
  const lines = rows.map(({ name, tasks }, row) => {
    const y = TOP + row * (HEIGHT + GAP);
    const head = `<text class="name" x="${LEFT - 12}" y="${y + 20}">${name === '' ? 'the only order' : name}</text>`;
    const cells = tasks.map(
      (task, place) =>
        `<rect class="${colour.get(task) ?? 'alone'}" x="${leftOf(place)}" y="${y}" width="${widths[place]}" height="${HEIGHT}" rx="4"/>` +
        `<text x="${middleOf(place)}" y="${y + 20}">${task}</text>`,
    );
    return `${head}${cells.join('')}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" role="img" aria-label="${label}">
<style>
  svg { background: #fff; font: 14px sans-serif; } text { fill: #1b1b1b; text-anchor: middle; } .name { text-anchor: end; font-weight: bold; } .small { font-size: 12px; }
  rect { stroke: #595959; } .alone { fill: none; stroke-dasharray: 4 3; } .p0 { fill: #cfe6f5; } .p1 { fill: #fbe3c0; stroke-width: 2; }
  @media (prefers-color-scheme: dark) { svg { background: #161616; } text { fill: #eee; } rect { stroke: #a0a0a0; } .p0 { fill: #0b4a6f; } .p1 { fill: #6b4200; } }
</style>
${[...heads, ...lines].join('\n')}
</svg>
`;
}
