/** Reads a study folder whole, or says everything that is wrong with it. */
import { type Attachment, readAttachments } from './attachments.js';
import { balancingProblems } from './balancing.js';
import { countConditions, MAX_CONDITIONS } from './cross-references.js';
import { cellFile, chosenCells } from './cell-texts.js';
import { checkDefinition, type StudyDefinition, type StudyParts } from './definition.js';
import type { DefinitionProblem } from './definition-problem.js';
import { documentSchema, MAX_DOCUMENT_BYTES, type Document } from './document.js';
import { renderMarkdown } from './markdown.js';
import { NoNotebook } from './notebook-cells.js';
import { fillPlaceholders } from './placeholders.js';
import {
  conditionCells,
  placeholderValues,
  renderDocument,
  starterFilesOf,
  type ConditionCell,
} from './render.js';
import { type StarterFile, starterFileProblems } from './starter-files.js';
import { StudyError } from './study-error.js';
import { readStudyFile, UnreadableFile } from './study-files.js';
import { parseStudyYaml, YamlProblems, type StudySource } from './study-yaml.js';

export const STUDY_FILE = 'study.yaml';

export interface Condition extends ConditionCell {
  readonly document: Document;
  readonly starterFiles: readonly StarterFile[];
}

/** The landing pages' texts as HTML. */
export type StudyTexts = Readonly<Record<'intro' | 'consent' | 'howTo', string>> & {
  readonly refusals: Readonly<Record<string, string>>;
  /** Whether the study has one. */
  readonly consentPdf: boolean;
};

export interface Study extends Omit<StudyDefinition, 'conditions' | 'files' | 'texts'> {
  readonly texts: StudyTexts;
  readonly conditions: readonly Condition[];
  readonly definition: StudyDefinition;
  readonly files: Readonly<Record<string, string>>;
  readonly attachments: readonly Attachment[];
}

type YamlPath = DefinitionProblem['path'];

interface WantedFile {
  file: string;
  /** Where study.yaml names it. */
  path: YamlPath;
}

export async function readStudy(folder: string): Promise<Study> {
  const source = await readSource(folder);
  const { definition, parts, problems } = checkDefinition(source.value);
  const { texts, problems: fileProblems } = await readFiles(folder, wantedFiles(parts));
  const notebooks = notebookProblems(parts, texts);
  const { attachments, problems: attachmentProblems } = await readAttachments(folder, parts);
  const all = [...problems, ...balancingOf(parts), ...fileProblems, ...notebooks, ...attachmentProblems];
  if (!definition || all.length > 0) {
    throw new StudyError(
      folder,
      all.map((problem) => ({
        ...{ file: STUDY_FILE, ...source.placeOf(problem) },
        ...{ path: problem.path.join('.'), message: problem.message },
      })),
    );
  }
  const files = { [STUDY_FILE]: source.text, ...texts };
  const conditions = conditionCells(definition).map((cell) => ({
    ...cell,
    document: renderDocument({ definition, files }, cell),
    starterFiles: starterFilesOf({ definition, files }, cell),
  }));
  assertConditions(folder, conditions);
  return {
    ...definition,
    texts: landingTexts(definition, files),
    conditions,
    definition,
    files,
    attachments,
  };
}

/** Only with its conditions is it known what their names are. */
function balancingOf({ balancing, ...parts }: StudyParts): DefinitionProblem[] {
  const cells = understoodCells(parts);
  if (!balancing || !cells) return [];
  return balancingProblems(
    balancing,
    cells.map(({ name }) => name),
  );
}

function understoodCells({ conditions, orderings, tasks }: StudyParts): ConditionCell[] | undefined {
  if (!conditions || !orderings || countConditions({ conditions, orderings }) > MAX_CONDITIONS) return undefined;
  // Orders are named by their tasks.
  if (!tasks && orderings.length > 0) return undefined;
  return conditionCells({ conditions, orderings, tasks: tasks ?? [] });
}

async function readSource(folder: string): Promise<StudySource> {
  try {
    return parseStudyYaml(await readStudyFile(folder, STUDY_FILE));
  } catch (error) {
    if (error instanceof YamlProblems) {
      throw new StudyError(
        folder,
        error.problems.map((problem) => ({ file: STUDY_FILE, path: '', ...problem })),
      );
    }
    if (error instanceof UnreadableFile) {
      throw new StudyError(folder, [{ file: STUDY_FILE, path: '', message: error.message }]);
    }
    throw error;
  }
}

function wantedFiles(parts: StudyParts): WantedFile[] {
  const { texts, tasks = [], files = [], conditions, values } = parts;
  const wanted = new Map<string, WantedFile>();
  const want = (file: string, path: YamlPath): void => {
    if (!wanted.has(file)) wanted.set(file, { file, path });
  };
  const { intro, consent, howTo, refusals = {} } = texts ?? {};
  for (const [name, file] of Object.entries({ intro, consent, howTo })) {
    if (file !== undefined) want(file, ['texts', name]);
  }
  for (const [code, file] of Object.entries(refusals)) want(file, ['texts', 'refusals', code]);
  // Without the placeholders' values it is not known which files are meant.
  const cells = understoodCells(parts);
  if (!cells || !conditions || !values) return [...wanted.values()];
  for (const condition of cells) {
    const placeholders = placeholderValues({ conditions, values }, condition);
    for (const [f, { file }] of files.entries()) want(fillPlaceholders(file, placeholders), ['files', f, 'file']);
    for (const [t, task] of tasks.entries()) {
      for (const [c, cell] of task.cells.entries()) {
        const kind = 'markdown' in cell ? 'markdown' : 'code' in cell ? 'code' : 'notebook';
        want(cellFile(cell, placeholders), ['tasks', t, 'cells', c, kind]);
      }
    }
  }
  return [...wanted.values()];
}

async function readFiles(
  folder: string,
  wanted: readonly WantedFile[],
): Promise<{ texts: Record<string, string>; problems: { path: YamlPath; message: string }[] }> {
  const texts: [string, string][] = [];
  const problems: { path: YamlPath; message: string }[] = [];
  for (const { file, path } of wanted) {
    try {
      texts.push([file, await readStudyFile(folder, file)]);
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      problems.push({ path, message: error.message });
    }
  }
  return { texts: Object.fromEntries(texts), problems };
}

/** Which cells a notebook has is known only when it was read. */
function notebookProblems(parts: StudyParts, texts: Readonly<Record<string, string>>): DefinitionProblem[] {
  const { tasks = [], conditions, values } = parts;
  const told = new Map<string, DefinitionProblem>();
  for (const condition of (conditions && values && understoodCells(parts)) ?? []) {
    const placeholders = placeholderValues({ conditions: conditions!, values: values! }, condition);
    for (const [t, task] of tasks.entries()) {
      for (const [c, cell] of task.cells.entries()) {
        const file = cellFile(cell, placeholders);
        if (!('notebook' in cell) || texts[file] === undefined) continue;
        const message = notebookProblem(file, texts[file], cell);
        if (message !== undefined) told.set(message, { path: ['tasks', t, 'cells', c, 'notebook'], message });
      }
    }
  }
  return [...told.values()];
}

function notebookProblem(file: string, text: string, cell: { tasknum?: string | undefined }): string | undefined {
  try {
    if (chosenCells(text, cell).length > 0) return undefined;
    const which = cell.tasknum === undefined ? '' : ` with the tasknum "${cell.tasknum}"`;
    return `"${file}" has no cell of text or code${which}`;
  } catch (error) {
    if (!(error instanceof NoNotebook)) throw error;
    return `"${file}" is not a Jupyter notebook of format 4: ${error.message}`;
  }
}

/** Placeholders can make a source, a title or the whole longer than the page takes, and a file's name no name. */
function assertConditions(folder: string, conditions: readonly Condition[]): void {
  const problems = conditions.flatMap(({ name, document, starterFiles }) => {
    const issues = documentSchema.safeParse(document).error?.issues ?? [];
    const bytes = Buffer.byteLength(JSON.stringify(document));
    const tooLarge = { path: [], message: `the notebook has ${bytes} bytes, at most ${MAX_DOCUMENT_BYTES} are possible` };
    const found = [...issues, ...(bytes > MAX_DOCUMENT_BYTES ? [tooLarge] : []), ...starterFileProblems(starterFiles)];
    return found.map(({ path, message }) => ({
      file: STUDY_FILE,
      path: path.join('.'),
      message: `in condition "${name}", placeholders filled: ${message}`,
    }));
  });
  if (problems.length > 0) throw new StudyError(folder, problems);
}

function landingTexts(definition: StudyDefinition, files: Readonly<Record<string, string>>): StudyTexts {
  const values = placeholderValues(definition);
  const html = (file: string): string => renderMarkdown(fillPlaceholders(files[file]!, values));
  const { intro, consent, howTo, refusals, consentPdf } = definition.texts;
  const own = Object.entries(refusals).map(([code, file]): [string, string] => [code, html(file)]);
  return {
    ...{ intro: html(intro), consent: html(consent), howTo: html(howTo), refusals: Object.fromEntries(own) },
    consentPdf: consentPdf !== undefined,
  };
}
