/** What is wrong in a study's definition, and where in it. */
export interface DefinitionProblem {
  path: (string | number)[];
  message: string;
}
