/** What a study's parts must hold together: ids, placeholders, orders. Shapes are the schema's business, not checked here. */
import { repeatedIds } from './document.js';
import type { DefinitionProblem } from './definition-problem.js';
import type { Level } from './level.js';
import type { Ordering } from './orderings/ordering.js';
import { orderingProblems } from './orderings/problems.js';
import { countRows, ORDERING, orderingRows, shortNames } from './orderings/rows.js';
import { type Screening, screeningProblems } from './screening.js';

export const MAX_CONDITIONS = 1_000;

type Tasks = readonly { id: string; kind: string; short?: string | undefined; cells: readonly { id: string }[] }[];
type Conditions = Readonly<Record<string, readonly Level[]>>;

/** A missing part could not be understood: nothing is held against it. */
interface Parts {
  values?: Readonly<Record<string, string>> | undefined;
  conditions?: Conditions | undefined;
  orderings?: readonly Ordering[] | undefined;
  consentBoxes?: readonly { id: string }[] | undefined;
  screening?: Screening | undefined;
  tasks?: Tasks | undefined;
}

export function crossReferenceProblems(study: Parts): DefinitionProblem[] {
  const { values = {}, conditions = {}, orderings = [], consentBoxes = [], screening, tasks } = study;
  return [
    ...repeatedIds(tasks ?? []).map(({ path, message }) => ({ path: ['tasks', ...path], message })),
    ...placesOfKinds(tasks ?? []),
    ...repeatedBoxes(consentBoxes),
    ...(screening ? screeningProblems(screening) : []),
    ...tooManyConditions({ conditions, orderings }),
    ...repeatedLevels(conditions),
    ...placeholderClashes(values, conditions, orderings),
    ...(tasks ? orderProblems(conditions, tasks) : []),
    ...(tasks ? orderingProblems(orderings, tasks) : []),
    ...(tasks ? repeatedRows(orderings, tasks) : []),
    ...orderedTwice(conditions, orderings),
  ];
}

interface Design {
  conditions: Conditions;
  orderings: readonly Ordering[];
}

export function countConditions({ conditions, orderings }: Design): number {
  return Object.values(conditions).reduce((product, levels) => product * levels.length, countRows(orderings));
}

function placesOfKinds(tasks: Tasks): DefinitionProblem[] {
  return tasks.flatMap(({ kind }, t) => {
    const path = ['tasks', t, 'kind'];
    if (kind === 'introduction' && t > 0) return [{ path, message: 'an introduction can only be the first task' }];
    if (kind === 'closing' && t < tasks.length - 1) return [{ path, message: 'a closing can only be the last task' }];
    return [];
  });
}

function repeatedBoxes(boxes: readonly { id: string }[]): DefinitionProblem[] {
  return repeated(boxes.map(({ id }) => id)).map(([index, id]) => ({
    path: ['consentBoxes', index, 'id'],
    message: `the box id "${id}" is used twice`,
  }));
}

function tooManyConditions(design: Design): DefinitionProblem[] {
  const count = countConditions(design);
  if (count <= MAX_CONDITIONS) return [];
  const [path, what] = design.orderings.length > 0 ? ['orderings', 'factors and orderings'] : ['conditions', 'factors'];
  const made = Number.isSafeInteger(count) ? count : 'far too many';
  return [{ path: [path], message: `the ${what} make ${made} conditions, at most ${MAX_CONDITIONS} are possible` }];
}

/** What cannot be told apart by its name could not be told apart in the results. */
function repeatedRows(orderings: readonly Ordering[], tasks: Tasks): DefinitionProblem[] {
  if (countRows(orderings) > MAX_CONDITIONS) return [];
  const names = orderingRows(orderings, shortNames(tasks)).map(({ name }) => name);
  const twice = repeated(names)[0]?.[1];
  if (twice === undefined) return [];
  return [{ path: ['orderings'], message: `two orders are called "${twice}": give the tasks a \`short\` that differs` }];
}

function orderedTwice(conditions: Conditions, orderings: readonly Ordering[]): DefinitionProblem[] {
  if (orderings.length === 0) return [];
  return Object.entries(conditions).flatMap(([factor, levels]) =>
    levels.flatMap(({ order }, index) =>
      order.length === 0
        ? []
        : [{ path: ['conditions', factor, index, 'order'], message: 'the study has `orderings`: they say all orders' }],
    ),
  );
}

function repeatedLevels(conditions: Conditions): DefinitionProblem[] {
  return Object.entries(conditions).flatMap(([factor, levels]) =>
    (['name', 'label'] as const).flatMap((field) =>
      repeated(levels.map((level) => level[field]))
        .filter(([index]) => field === 'name' || levels[index]!.label !== levels[index]!.name)
        .map(([index, name]) => ({
          path: ['conditions', factor, index, field],
          message: `two levels of "${factor}" have the ${field} "${name}"`,
        })),
    ),
  );
}

/** A placeholder has one meaning, and has it in all conditions. */
function placeholderClashes(
  values: Readonly<Record<string, string>>,
  conditions: Conditions,
  orderings: readonly Ordering[],
): DefinitionProblem[] {
  const owners = new Map<string, string>(Object.keys(values).map((key) => [key, 'values']));
  if (orderings.length > 0) owners.set(ORDERING, 'the orderings');
  const problems: DefinitionProblem[] = [];
  const claim = (key: string, owner: string, path: (string | number)[]): void => {
    const other = owners.get(key);
    if (other !== undefined) problems.push({ path, message: `%${key}% is defined by ${owner} and by ${other}` });
    else owners.set(key, owner);
  };
  if (orderings.length > 0 && Object.hasOwn(values, ORDERING)) claim(ORDERING, 'values', ['values', ORDERING]);
  for (const factor of Object.keys(conditions)) claim(factor, `the factor "${factor}"`, ['conditions', factor]);
  for (const [factor, levels] of Object.entries(conditions)) {
    const keys = new Set(levels.flatMap((level) => Object.keys(level.values)));
    for (const key of keys) {
      claim(key, `the levels of "${factor}"`, ['conditions', factor]);
      levels.forEach((level, index) => {
        if (Object.hasOwn(level.values, key)) return;
        const message = `%${key}% has no value in level "${level.name}"; another level of "${factor}" gives it one`;
        problems.push({ path: ['conditions', factor, index, 'values'], message });
      });
    }
  }
  return problems;
}

function orderProblems(conditions: Conditions, tasks: Tasks): DefinitionProblem[] {
  const movable = new Set(tasks.filter(({ kind }) => kind === 'task').map(({ id }) => id));
  const movedBy = new Map<string, string>();
  return Object.entries(conditions).flatMap(([factor, levels]) => {
    const expected = [...new Set(levels.flatMap(({ order }) => order))];
    const problems = levels.flatMap(({ order, name }, index) =>
      orderOfLevel(order, expected, movable).map((message) => ({
        path: ['conditions', factor, index, 'order'],
        message: `level "${name}": ${message}`,
      })),
    );
    for (const task of expected) {
      const other = movedBy.get(task);
      if (other !== undefined) {
        problems.push({ path: ['conditions', factor], message: `"${factor}" and "${other}" both order the task "${task}"` });
      }
      movedBy.set(task, factor);
    }
    return problems;
  });
}

function orderOfLevel(order: string[], expected: string[], movable: Set<string>): string[] {
  const missing = expected.filter((task) => !order.includes(task));
  return [
    ...order.filter((task) => !movable.has(task)).map((task) => `there is no task "${task}" of kind task to order`),
    ...repeated(order).map(([, task]) => `the task "${task}" stands in the order twice`),
    ...missing.map((task) => `the task "${task}" is missing in the order; another level names it`),
  ];
}

function repeated(names: string[]): [index: number, name: string][] {
  return names.flatMap((name, index): [number, string][] => (names.indexOf(name) < index ? [[index, name]] : []));
}
