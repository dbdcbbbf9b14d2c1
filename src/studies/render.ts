/** From a study's templates to what participants of one condition get. Pure: the same study gives the same documents, bit by bit. */
import type { CellTemplate, StudyDefinition, TaskTemplate } from './definition.js';
import type { Cell, Document, Task } from './document.js';
import type { Level } from './level.js';
import { fillPlaceholders } from './placeholders.js';

/** A cell of the design: one level of each factor. */
export interface ConditionCell {
  /** 1…n, the first factor changing slowest. */
  readonly number: number;
  /** For people, such as `cryptography, symmetric first`. */
  readonly name: string;
  /** The level's name by factor. */
  readonly factors: Readonly<Record<string, string>>;
}

export interface StudyTemplates {
  readonly definition: StudyDefinition;
  /** Texts by path in the study folder. */
  readonly files: Readonly<Record<string, string>>;
}

export function conditionCells({ conditions }: Pick<StudyDefinition, 'conditions'>): ConditionCell[] {
  const factors = Object.entries(conditions);
  const combinations = factors.reduce<Level[][]>(
    (cells, [, levels]) => cells.flatMap((cell) => levels.map((level) => [...cell, level])),
    [[]],
  );
  return combinations.map((levels, index) => ({
    number: index + 1,
    name: levels.map(({ label }) => label).join(', ') || 'only condition',
    factors: Object.fromEntries(levels.map((level, f) => [factors[f]![0], level.name])),
  }));
}

type Values = Pick<StudyDefinition, 'values' | 'conditions'>;

/** What the placeholders stand for in a condition; without one, what is the same in all. */
export function placeholderValues(definition: Values, condition?: ConditionCell): Map<string, string> {
  const values = new Map(Object.entries(definition.values));
  for (const [factor, level] of condition ? chosenLevels(definition, condition) : []) {
    values.set(factor, level.name);
    for (const [key, value] of Object.entries(level.values)) values.set(key, value);
  }
  return values;
}

/** The path of a cell's file; it may hold placeholders, so that each condition has a file of its own. */
export function cellFile(cell: CellTemplate, values: ReadonlyMap<string, string>): string {
  return fillPlaceholders('markdown' in cell ? cell.markdown : cell.code, values);
}

export function renderDocument(study: StudyTemplates, condition: ConditionCell): Document {
  const values = placeholderValues(study.definition, condition);
  const tasks = orderedTasks(study.definition, condition).map(
    (task): Task => ({
      id: task.id,
      title: fillPlaceholders(task.title, values),
      kind: task.kind,
      ...(task.minutes === undefined ? {} : { minutes: task.minutes }),
      cells: task.cells.map((cell) => renderCell(cell, study.files, values)),
    }),
  );
  return { tasks };
}

function renderCell(cell: CellTemplate, files: StudyTemplates['files'], values: ReadonlyMap<string, string>): Cell {
  const path = cellFile(cell, values);
  if (!Object.hasOwn(files, path)) throw new Error(`the study was read without its file ${path}`);
  const source = fillPlaceholders(files[path]!, values).trimEnd();
  if ('markdown' in cell) return { id: cell.id, type: 'markdown', source };
  return { id: cell.id, type: 'code', source, runnable: cell.runnable, executionCount: null, outputs: [] };
}

function chosenLevels(definition: Values, condition: ConditionCell): [factor: string, level: Level][] {
  return Object.entries(definition.conditions).map(([factor, levels]) => {
    const level = levels.find(({ name }) => name === condition.factors[factor]);
    if (!level) throw new Error(`condition ${condition.number} has no level of "${factor}" that the study knows`);
    return [factor, level];
  });
}

/** The ordered tasks change places among themselves; all others stay where they are. */
function orderedTasks(definition: StudyDefinition, condition: ConditionCell): TaskTemplate[] {
  const byId = new Map(definition.tasks.map((task) => [task.id, task]));
  let tasks = definition.tasks;
  for (const [, { order }] of chosenLevels(definition, condition)) {
    const moved = new Set(order);
    const next = order.values();
    tasks = tasks.map((task) => (moved.has(task.id) ? byId.get(next.next().value!)! : task));
  }
  return tasks;
}
