export interface StudyProblem {
  /** In the study folder. */
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** Where in `study.yaml`, such as `tasks.0.cells.1.markdown`; empty where the whole file is meant. */
  readonly path: string;
  readonly message: string;
}

/** All that is wrong with a study folder, so that its author mends it in one go. */
export class StudyError extends Error {
  override readonly name = 'StudyError';

  constructor(
    readonly folder: string,
    readonly problems: readonly StudyProblem[],
  ) {
    const heading = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    super(`The study in ${folder} has ${heading}:\n${problems.map((problem) => `- ${describe(problem)}`).join('\n')}`);
  }
}

/** `file:line:column`, as compilers say it: terminals and editors make links of it. */
function describe({ file, line, column, path, message }: StudyProblem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  return [place, path].filter(Boolean).join(' ') + `: ${message}`;
}
