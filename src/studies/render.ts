/** From a study's templates to what participants of one condition get. Pure: the same study gives the same documents, bit by bit. */
import { type CellText, cellTexts } from './cell-texts.js';
import type { StudyDefinition, TaskTemplate } from './definition.js';
import type { Cell, Document, Task } from './document.js';
import type { Level } from './level.js';
import { ORDERING, orderingRows, shortNames } from './orderings/rows.js';
import { fillPlaceholders } from './placeholders.js';
import { renderStarterFiles, type StarterFile } from './starter-files.js';

/** A cell of the design: one level of each factor, one order of the tasks. */
export interface ConditionCell {
  /** 1…n: the order changes slowest, as in the original, then the first factor. */
  readonly number: number;
  /** For people, such as `cryptography, symmetric first`. */
  readonly name: string;
  /** The level's name by factor; the order's name under `ordering`. */
  readonly factors: Readonly<Record<string, string>>;
  /** All tasks, if the study has orderings. */
  readonly order?: readonly string[];
}

export interface StudyTemplates {
  readonly definition: StudyDefinition;
  /** Texts by path in the study folder. */
  readonly files: Readonly<Record<string, string>>;
}

type Design = Pick<StudyDefinition, 'conditions' | 'orderings' | 'tasks'>;

export function conditionCells({ conditions, orderings, tasks }: Design): ConditionCell[] {
  const factors = Object.entries(conditions);
  const combinations = factors.reduce<Level[][]>(
    (cells, [, levels]) => cells.flatMap((cell) => levels.map((level) => [...cell, level])),
    [[]],
  );
  const rows = orderingRows(orderings, shortNames(tasks));
  return rows.flatMap((row, r) =>
    combinations.map((levels, index) => ({
      number: r * combinations.length + index + 1,
      name: [...levels.map(({ label }) => label), row.name].filter((part) => part !== '').join(', ') || 'only condition',
      factors: {
        ...Object.fromEntries(levels.map((level, f) => [factors[f]![0], level.name])),
        ...(row.name === '' ? {} : { [ORDERING]: row.name }),
      },
      ...(orderings.length === 0 ? {} : { order: row.tasks }),
    })),
  );
}

type Values = Pick<StudyDefinition, 'values' | 'conditions'>;

/** What the placeholders stand for in a condition; without one, what is the same in all. */
export function placeholderValues(definition: Values, condition?: ConditionCell): Map<string, string> {
  const values = new Map(Object.entries(definition.values));
  for (const [factor, level] of condition ? chosenLevels(definition, condition) : []) {
    values.set(factor, level.name);
    for (const [key, value] of Object.entries(level.values)) values.set(key, value);
  }
  const ordering = condition?.order && condition.factors[ORDERING];
  if (ordering !== undefined) values.set(ORDERING, ordering);
  return values;
}

/** What `%task1%`, `%task1.short%` and `%task1.description%` stand for: the tasks by their places, from 0. */
function taskPlaceholders(
  definition: StudyDefinition,
  condition: ConditionCell,
  values: ReadonlyMap<string, string>,
): Map<string, string> {
  const filled = (text: string): string => fillPlaceholders(text, values);
  return new Map(
    orderedTasks(definition, condition).flatMap(({ title, short, description }, place) => [
      [`task${place}`, filled(title)],
      ...(short === undefined ? [] : [[`task${place}.short`, filled(short)] as const]),
      ...(description === undefined ? [] : [[`task${place}.description`, filled(description)] as const]),
    ]),
  );
}

/** Fills a text. The condition's placeholders first, as in the original: a value may name a task by its place. */
function filler(definition: StudyDefinition, condition: ConditionCell): (text: string) => string {
  const values = placeholderValues(definition, condition);
  const places = taskPlaceholders(definition, condition, values);
  return (text) => fillPlaceholders(fillPlaceholders(text, values), places);
}

export function starterFilesOf({ definition, files }: StudyTemplates, condition: ConditionCell): StarterFile[] {
  const values = placeholderValues(definition, condition);
  return renderStarterFiles(definition.files, files, values, filler(definition, condition));
}

export function renderDocument(study: StudyTemplates, condition: ConditionCell): Document {
  const values = placeholderValues(study.definition, condition);
  const fill = filler(study.definition, condition);
  const tasks = orderedTasks(study.definition, condition).map(
    (task): Task => ({
      id: task.id,
      title: fill(task.title),
      kind: task.kind,
      ...(task.minutes === undefined ? {} : { minutes: task.minutes }),
      cells: cellTexts(task, study.files, values).map((cell) => renderCell(cell, fill)),
    }),
  );
  return { tasks };
}

function renderCell({ id, type, text, runnable }: CellText, fill: (text: string) => string): Cell {
  const source = fill(text).trimEnd();
  return type === 'markdown' ? { id, type, source } : { id, type, source, runnable, executionCount: null, outputs: [] };
}

function chosenLevels(definition: Values, condition: ConditionCell): [factor: string, level: Level][] {
  return Object.entries(definition.conditions).map(([factor, levels]) => {
    const level = levels.find(({ name }) => name === condition.factors[factor]);
    if (!level) throw new Error(`condition ${condition.number} has no level of "${factor}" that the study knows`);
    return [factor, level];
  });
}

/** By the orderings; without them the tasks that a level orders change places among themselves, and all others stay. */
function orderedTasks(definition: StudyDefinition, condition: ConditionCell): TaskTemplate[] {
  const byId = new Map(definition.tasks.map((task) => [task.id, task]));
  if (condition.order) return condition.order.map((id) => byId.get(id)!);
  let tasks = definition.tasks;
  for (const [, { order }] of chosenLevels(definition, condition)) {
    const moved = new Set(order);
    const next = order.values();
    tasks = tasks.map((task) => (moved.has(task.id) ? byId.get(next.next().value!)! : task));
  }
  return tasks;
}
