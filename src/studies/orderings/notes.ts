/** What is allowed and may still not be meant: orders that balance less than they seem to. */
import type { Balancing } from '../balancing.js';
import type { ConditionCell } from '../render.js';
import { type Block, blocksOf, type Ordering } from './ordering.js';
import { ORDERING, orderingRows } from './rows.js';

interface Design {
  readonly orderings: readonly Ordering[];
  readonly balancing: Balancing;
  readonly caps: { readonly maxParticipants: number | null };
  readonly conditions: readonly Pick<ConditionCell, 'name' | 'factors'>[];
}

/** A sentence each, for who checks a study. */
export function orderingNotes({ orderings, ...design }: Design): string[] {
  if (orderings.length === 0) return [];
  return [
    ...orderings.flatMap((ordering) => [
      ...blocksOf(ordering).flatMap((block) => [...positionNotes(block), ...neighbourNotes(block)]),
      ...blockNotes(ordering),
    ]),
    ...useNotes(design),
  ];
}

function positionNotes(block: Block): string[] {
  if (block.kind !== 'random') return [];
  const rows = orderingRows([block], new Map()).map(({ tasks }) => tasks);
  const counts = block.tasks.flatMap((task) =>
    block.tasks.map((_, place) => ({ task, place, count: rows.filter((row) => row[place] === task).length })),
  );
  const most = counts.reduce((a, b) => (b.count > a.count ? b : a));
  const fewest = counts.reduce((a, b) => (b.count < a.count ? b : a));
  if (most.count === fewest.count) return [];
  const times = ({ task, place, count }: typeof most): string => `"${task}" is ${count} times at place ${place + 1}`;
  return [
    `The ${block.rows} random orders of ${listed(block)} do not balance the places: ${times(most)}, ${times(fewest)}. ` +
      '`kind: balanced` would.',
  ];
}

function neighbourNotes(block: Block): string[] {
  if (block.kind !== 'latin' || block.square !== 'cyclic' || block.tasks.length < 3) return [];
  const [first, second] = block.tasks;
  return [
    `In the Latin square of ${listed(block)} each task follows the same one in all orders but one ("${second}" comes after "${first}"). ` +
      '`kind: balanced` has each after each other equally often.',
  ];
}

function blockNotes(ordering: Ordering): string[] {
  if (ordering.kind !== 'nested' || ordering.among === 'fixed') return [];
  const sizes = ordering.blocks.map(({ tasks }) => tasks.length);
  if (new Set(sizes).size === 1) return [];
  return [
    `The nested blocks have ${sizes.join(', ')} tasks: they change places among each other, but their tasks do not have the same places.`,
  ];
}

/** A square balances when its rows are used equally often. */
function useNotes({ balancing, caps, conditions }: Omit<Design, 'orderings'>): string[] {
  const rows = [...new Set(conditions.map(orderOf))].map((order) => conditions.filter((each) => orderOf(each) === order));
  if (rows.length < 2) return [];
  const uneven = (weightOf: (name: string) => number): boolean =>
    new Set(rows.map((row) => row.reduce((sum, { name }) => sum + weightOf(name), 0))).size > 1;
  const { strategy, weights = {}, rare = [], quotas } = balancing;
  const notes: string[] = [];
  if (strategy === 'weighted' && uneven((name) => weights[name] ?? 1)) {
    notes.push('The weights use some orders more often than others, so the orders are not balanced.');
  }
  if (strategy === 'rare-common' && uneven((name) => (rare.includes(name) ? 1 : 0))) {
    notes.push('The rare conditions have some orders more often than others, so the orders are not balanced.');
  }
  if (uneven((name) => quotas[name] ?? Number.MAX_SAFE_INTEGER / conditions.length)) {
    notes.push('The quotas use some orders less often than others, so the orders are not balanced.');
  }
  const { maxParticipants: most } = caps;
  if (most !== null && most % conditions.length !== 0) {
    const full = most - (most % conditions.length);
    notes.push(
      `${most} participants use ${conditions.length} conditions unequally; ` +
        `${full === 0 ? '' : `${full} or `}${full + conditions.length} would use each equally often (\`caps.maxParticipants\`).`,
    );
  }
  return notes;
}

const orderOf = ({ factors }: Pick<ConditionCell, 'factors'>): string => factors[ORDERING] ?? '';

const listed = ({ tasks }: Block): string => tasks.map((task) => `"${task}"`).join(', ');
