/** Which condition comes next. Pure, and the same whenever it is asked the same again: what is stored of a draw replays it. */
import { createHash } from 'node:crypto';

export interface Cell {
  readonly condition: number;
  /** Completed and in flight; within the stratum, if there is one. */
  readonly taken: number;
  /** Places of those who left, not filled again yet. */
  readonly givenBack: number;
  /** The quota is reached. */
  readonly full: boolean;
  /** The level of the first factor. */
  readonly category: string;
  readonly weight: number;
}

export type Rule =
  | { readonly strategy: 'least' | 'two-stage' | 'weighted' }
  | { readonly strategy: 'blocks'; readonly repeats: number }
  | { readonly strategy: 'rare-common'; readonly every: number; readonly rare: readonly number[] };

export interface Question {
  readonly rule: Rule;
  /** The draws of a study are numbered. */
  readonly number: number;
  /** Balanced by itself; null for a study without strata. */
  readonly stratum: string | null;
  /** How far the stratum's sequence is; for the strategies that have one. */
  readonly position: number;
  readonly cells: readonly Cell[];
}

export interface Drawn {
  readonly condition: number;
  /** Where the sequence goes on. */
  readonly next: number;
}

/** What is stored with a participant. */
export type DrawRecord = Question & Drawn;

/** Undefined when every condition has its quota. */
export function draw(question: Question, seed: string): Drawn | undefined {
  const { rule, cells, position, number } = question;
  const open = cells.filter(({ full }) => !full);
  if (open.length === 0) return undefined;
  const oneOf = (candidates: readonly Cell[]): Cell => candidates[below(candidates.length, seed, 'draw', number)]!;
  switch (rule.strategy) {
    case 'least':
      return { condition: oneOf(leastBy(open, ({ taken }) => taken)).condition, next: position };
    case 'weighted':
      // As seats are given to parties: whoever would have the fewest for their weight with one more.
      return { condition: oneOf(leastBy(open, ({ taken, weight }) => (taken + 1) / weight)).condition, next: position };
    case 'two-stage': {
      const inCategory = leastBy(open, ({ category }) => takenIn(cells, category));
      const categories = [...new Set(inCategory.map(({ category }) => category))];
      const category = categories[below(categories.length, seed, 'category', number)];
      const within = inCategory.filter((cell) => cell.category === category);
      return { condition: oneOf(leastBy(within, ({ taken }) => taken)).condition, next: position };
    }
    case 'blocks':
    case 'rare-common': {
      const free = open.filter(({ givenBack }) => givenBack > 0);
      if (free.length > 0) return { condition: oneOf(free).condition, next: position };
      return nextOpen(question, seed, new Set(open.map(({ condition }) => condition)));
    }
  }
}

const takenIn = (cells: readonly Cell[], category: string): number =>
  cells.reduce((sum, cell) => sum + (cell.category === category ? cell.taken : 0), 0);

function leastBy(cells: readonly Cell[], load: (cell: Cell) => number): Cell[] {
  const least = Math.min(...cells.map(load));
  return cells.filter((cell) => load(cell) === least);
}

/** The sequence goes past conditions whose quota is reached; each condition comes again within its period. */
function nextOpen(question: Question, seed: string, open: ReadonlySet<number>): Drawn {
  for (let position = question.position; ; position += 1) {
    const condition = conditionAt(question, seed, position);
    if (open.has(condition)) return { condition, next: position + 1 };
  }
}

function conditionAt({ rule, cells, stratum }: Question, seed: string, position: number): number {
  const conditions = cells.map(({ condition }) => condition);
  if (rule.strategy === 'rare-common') {
    const rares = Math.floor((position + 1) / rule.every);
    if ((position + 1) % rule.every === 0) return rule.rare[(rares - 1) % rule.rare.length]!;
    const common = conditions.filter((condition) => !rule.rare.includes(condition));
    return common[(position - rares) % common.length]!;
  }
  const repeats = rule.strategy === 'blocks' ? rule.repeats : 1;
  const block = Array.from({ length: repeats }, () => conditions).flat();
  return permuted(block, [seed, 'block', stratum ?? '', Math.floor(position / block.length)])[position % block.length]!;
}

/** Fisher and Yates; nothing of it is stored. */
function permuted(items: readonly number[], from: readonly (string | number)[]): number[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = below(last + 1, ...from, last);
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}

/** A number from 0 to just below `limit`. Of 2^48 values, what does not divide evenly is beyond notice. */
function below(limit: number, ...from: readonly (string | number)[]): number {
  return createHash('sha256').update(JSON.stringify(from)).digest().readUIntBE(0, 6) % limit;
}
