/** What is wrong in a study's definition, and where in it. */
export interface DefinitionProblem {
  path: (string | number)[];
  /** The name of a field is meant, not what it says: the last part of the path. */
  ofKey?: boolean;
  message: string;
}
