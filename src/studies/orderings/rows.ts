/** All orders of a study's tasks. Pure: the same orderings give the same rows, in the same order. */
import { type Block, blocksOf, type Nested, type Ordering } from './ordering.js';
import { balancedRows, cyclicRows, factorial, fullRows, originalRows, randomRows, type Row } from './squares.js';

export interface OrderingRow {
  /** Short for people and file names, such as `231`; empty if the study has no other row. */
  readonly name: string;
  readonly tasks: readonly string[];
}

/** The factor that the orderings make, and its placeholder. */
export const ORDERING = 'ordering';

type Shorts = ReadonlyMap<string, string>;

interface Part {
  readonly name: string;
  readonly tasks: readonly string[];
}

/** How many `orderingRows` gives, without making them. */
export function countRows(orderings: readonly Ordering[]): number {
  return orderings.reduce((product, ordering) => {
    const within = blocksOf(ordering).reduce((rows, block) => rows * countOf(block), 1);
    const among = ordering.kind === 'nested' ? countOf(amongOf(ordering)) : 1;
    return product * within * among;
  }, 1);
}

/** As in the original, orderings multiply, and the last one changes slowest. Each row is named by what can differ. */
export function orderingRows(orderings: readonly Ordering[], shorts: Shorts): OrderingRow[] {
  const nameOf = (tasks: readonly string[]): string => joined(tasks.map((task) => shorts.get(task) ?? task));
  return orderings.reduce<OrderingRow[]>(
    (rows, ordering) => {
      const ordered = ordersOf(ordering);
      const parts = ordered.map((tasks): Part => ({ tasks, name: ordered.length > 1 ? nameOf(tasks) : '' }));
      return parts.flatMap((part) =>
        rows.map(({ name, tasks }) => ({
          name: [name, part.name].filter((each) => each !== '').join('_'),
          tasks: [...tasks, ...part.tasks],
        })),
      );
    },
    [{ name: '', tasks: [] }],
  );
}

export function shortNames(tasks: readonly { id: string; short?: string | undefined }[]): Shorts {
  return new Map(tasks.map(({ id, short }) => [id, short ?? id]));
}

function ordersOf(ordering: Ordering): string[][] {
  if (ordering.kind !== 'nested') return rowsOf(ordering).map((row) => row.map((item) => ordering.tasks[item]!));
  const within = ordering.blocks.reduce<string[][][]>(
    (chosen, block) => ordersOf(block).flatMap((order) => chosen.map((orders) => [...orders, order])),
    [[]],
  );
  return rowsOf(amongOf(ordering)).flatMap((row) => within.map((orders) => row.flatMap((block) => orders[block]!)));
}

/** The blocks as if they were tasks. */
function amongOf({ among, blocks }: Nested): Block {
  const tasks = blocks.map((_, index) => String(index));
  return among === 'latin' ? { kind: among, tasks, square: 'cyclic' } : { kind: among, tasks };
}

function rowsOf(block: Block): readonly Row[] {
  const n = block.tasks.length;
  switch (block.kind) {
    case 'fixed':
      return [block.tasks.map((_, index) => index)];
    case 'latin':
      return block.square === 'original' ? originalRows(n) : cyclicRows(n);
    case 'balanced':
      return balancedRows(n);
    case 'full':
      return fullRows(n);
    case 'random':
      return randomRows(n, block.rows, block.seed);
  }
}

function countOf(block: Block): number {
  const n = block.tasks.length;
  switch (block.kind) {
    case 'fixed':
      return 1;
    case 'latin':
      return n;
    case 'balanced':
      return n % 2 === 0 || n === 1 ? n : 2 * n;
    case 'full':
      return factorial(n);
    case 'random':
      return block.rows;
  }
}

/** `231` where each is said equally short, `peel-slice` otherwise. */
function joined(names: readonly string[]): string {
  const length = names[0]!.length;
  return names.join(length <= 3 && names.every((name) => name.length === length) ? '' : '-');
}
