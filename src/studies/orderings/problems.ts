/** What cannot be about a study's orderings: tasks that are missing, or there twice, or out of place. */
import type { DefinitionProblem } from '../definition-problem.js';
import { blocksOf, type Ordering } from './ordering.js';

type Tasks = readonly { id: string; kind: string }[];

export function orderingProblems(orderings: readonly Ordering[], tasks: Tasks): DefinitionProblem[] {
  if (orderings.length === 0) return [];
  return [
    ...wronglyNamed(orderings, tasks),
    ...unreachable(orderings, tasks),
    ...placesOfKinds(orderings, tasks),
  ];
}

function wronglyNamed(orderings: readonly Ordering[], tasks: Tasks): DefinitionProblem[] {
  const known = new Set(tasks.map(({ id }) => id));
  const seen = new Set<string>();
  return named(orderings).flatMap(({ id, index }) => {
    const path = ['orderings', index];
    if (!known.has(id)) return [{ path, message: `there is no task "${id}"` }];
    if (seen.has(id)) return [{ path, message: `the task "${id}" stands in the orderings twice` }];
    seen.add(id);
    return [];
  });
}

function unreachable(orderings: readonly Ordering[], tasks: Tasks): DefinitionProblem[] {
  const reached = new Set(named(orderings).map(({ id }) => id));
  return tasks.flatMap(({ id }, index) =>
    reached.has(id) ? [] : [{ path: ['tasks', index], message: `no participant gets the task "${id}": it stands in no ordering` }],
  );
}

function placesOfKinds(orderings: readonly Ordering[], tasks: Tasks): DefinitionProblem[] {
  const [first, last] = [orderings[0]!, orderings.at(-1)!];
  const isFixed = (ordering: Ordering, task: string, place: number): boolean =>
    ordering.kind === 'fixed' && ordering.tasks.at(place) === task;
  return tasks.flatMap(({ id, kind }) => {
    if (kind === 'introduction' && !isFixed(first, id, 0)) {
      return [{ path: ['orderings', 0], message: `the introduction "${id}" can only come first: begin with \`- ${id}\`` }];
    }
    if (kind === 'closing' && !isFixed(last, id, -1)) {
      return [{ path: ['orderings', orderings.length - 1], message: `the closing "${id}" can only come last: end with \`- ${id}\`` }];
    }
    return [];
  });
}

const named = (orderings: readonly Ordering[]): { id: string; index: number }[] =>
  orderings.flatMap((ordering, index) => blocksOf(ordering).flatMap(({ tasks }) => tasks.map((id) => ({ id, index }))));
