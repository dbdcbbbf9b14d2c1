/** Files that participants find beside their notebook, such as the data that a task reads. */
import { z } from 'zod';
import type { DefinitionProblem } from './definition-problem.js';
import { fillPlaceholders } from './placeholders.js';

export const MAX_STARTER_FILES = 20;
/** In bytes, of all files of a condition: an instance has room for some more. */
export const MAX_STARTER_BYTES = 4 * 1024 * 1024;
/** The instance takes the same: no folders, and nothing that a program reads by itself, such as `.bashrc`. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;

const pathSchema = z.string().min(1).max(500);

export const starterFilesSchema = z
  .array(
    z.strictObject({
      path: pathSchema.describe('Its plain name beside the notebook.'),
      file: pathSchema.describe('Its path in the study folder.'),
    }),
  )
  .max(MAX_STARTER_FILES)
  .default([]);

export interface StarterFileTemplate {
  readonly path: string;
  readonly file: string;
}

export interface StarterFile {
  readonly path: string;
  readonly text: string;
}

type Values = ReadonlyMap<string, string>;

/** Placeholders stand in the path, in the file's name and in its text, as in a cell. */
export function renderStarterFiles(
  templates: readonly StarterFileTemplate[],
  files: Readonly<Record<string, string>>,
  values: Values,
  fill: (text: string) => string,
): StarterFile[] {
  return templates.map(({ path, file }) => ({
    path: fillPlaceholders(path, values),
    text: fill(files[fillPlaceholders(file, values)]!),
  }));
}

export function starterFileProblems(files: readonly StarterFile[]): DefinitionProblem[] {
  const problems = files.flatMap(({ path }, f) => {
    const at = ['files', f, 'path'];
    if (!NAME.test(path)) return [{ path: at, message: `"${path}" is not a plain file name such as data.csv` }];
    const first = files.findIndex((other) => other.path === path);
    return first < f ? [{ path: at, message: `the file "${path}" is named twice` }] : [];
  });
  const bytes = files.reduce((sum, { text }) => sum + new TextEncoder().encode(text).length, 0);
  if (bytes <= MAX_STARTER_BYTES) return problems;
  const message = `the files have ${bytes} bytes together, at most ${MAX_STARTER_BYTES} are possible`;
  return [...problems, { path: ['files'], message }];
}
