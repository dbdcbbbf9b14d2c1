/** What may be meant so, and is worth a second look before a study opens. */
import type { Study } from './read.js';
import { cellFile, cellTexts } from './cell-texts.js';
import { conditionCells, placeholderValues } from './render.js';
import { fillPlaceholders } from './placeholders.js';
import { SCHEMA_FILE } from './published-schema.js';

/** Of each kind no more are told. */
const MOST = 20;
/** Beside a study without being part of it. */
const NO_PART = new RegExp(`^(${SCHEMA_FILE.replaceAll('.', '\\.')}|original-conditions\\.csv|README(\\.\\w+)?|LICENSE(\\.\\w+)?|.*~)$`, 'i');

/** `present`: the paths of all files in its folder. */
export function remarks(study: Study, present: readonly string[]): string[] {
  return [unreachable(study), empty(study), unnamed(study, present), unknownPlaceholders(study), unfilled(study)].flatMap(
    (some) => [...some.slice(0, MOST), ...(some.length > MOST ? [`… and ${some.length - MOST} more of this kind`] : [])],
  );
}

function unreachable({ definition, conditions }: Study): string[] {
  const shown = new Set(conditions.flatMap(({ document }) => document.tasks.map(({ id }) => id)));
  return definition.tasks
    .filter(({ id }) => !shown.has(id))
    .map(({ id }) => `the task "${id}" is in no condition: nobody ever gets it`);
}

/** Code may be empty: a cell to write in. */
function empty({ definition, files }: Study): string[] {
  const { intro, consent, howTo, refusals } = definition.texts;
  const texts = [intro, consent, howTo, ...Object.values(refusals)];
  const cells = namesOf(definition, 'markdown');
  return [...new Set([...texts, ...cells])]
    .filter((file) => files[file]?.trim() === '')
    .map((file) => `${file} is empty: participants see nothing there`);
}

function unnamed(study: Study, present: readonly string[]): string[] {
  const { consentPdf } = study.definition.texts;
  return present
    .filter((file) => !Object.hasOwn(study.files, file) && file !== consentPdf && !NO_PART.test(file))
    .map((file) => `${file} is named nowhere in study.yaml: no participant gets it`);
}

function unknownPlaceholders({ definition, files, conditions }: Study): string[] {
  const everywhere = placeholderValues(definition);
  const { intro, consent, howTo, refusals } = definition.texts;
  const found = new Set<string>();
  const look = (where: string, text: string, isCode = false): void => {
    for (const [written, name] of text.matchAll(/%([A-Za-z][A-Za-z0-9_]*(?:\.[a-z]+)?)%/g)) {
      // In Python, `%s%` is rather two formats.
      if (!isCode || name!.length > 1) found.add(`${where}: nothing is known for ${written}; it stays as it is`);
    }
  };
  for (const file of [intro, consent, howTo, ...Object.values(refusals)]) {
    const clue = conditions.length > 1 ? ' (known here is only what is the same in all conditions)' : '';
    look(file + clue, fillPlaceholders(files[file] ?? '', everywhere));
  }
  for (const condition of conditions) {
    const values = placeholderValues(definition, condition);
    const texts = definition.tasks.flatMap((task) => cellTexts(task, files, values));
    const fileOf = new Map(texts.map(({ id, file }) => [id, file]));
    for (const task of condition.document.tasks) {
      look(`the title of "${task.id}"`, task.title);
      for (const { id, type, source } of task.cells) look(fileOf.get(id)!, source, type === 'code');
    }
  }
  return [...found];
}

/** `[name of the researcher]` and the like, as `study new` and the examples leave for their author. */
function unfilled({ definition }: Study): string[] {
  return Object.entries(definition.values)
    .filter(([, value]) => /^\[[^[\]]*\]$/.test(value))
    .map(([key, value]) => `values.${key} is still "${value}": write your own`);
}

function namesOf(definition: Study['definition'], kind: 'markdown'): string[] {
  return conditionCells(definition).flatMap((condition) => {
    const values = placeholderValues(definition, condition);
    const cells = definition.tasks.flatMap((task) => task.cells);
    return cells.filter((cell) => kind in cell).map((cell) => cellFile(cell, values));
  });
}
