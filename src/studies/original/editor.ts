/** What the original's study editor keeps, in its own words, mended where its database says what cannot be. */

export interface EditorCell {
  readonly name: string;
  readonly type: 'markdown' | 'code';
  readonly collapsed: boolean;
  readonly source: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface EditorTask {
  readonly name: string;
  readonly short: string;
  readonly description: string;
  readonly runnable: boolean;
  readonly cells: readonly EditorCell[];
}

export interface EditorCondition {
  readonly name: string;
  /** Later ones are also filled into the values of earlier ones. */
  readonly pairs: readonly { readonly key: string; readonly value: string }[];
}

export interface OrderOption {
  /** Whether the tasks come in the orders of a Latin square; a fixed option has one task. */
  readonly random: boolean;
  readonly tasks: readonly EditorTask[];
}

export interface EditorTemplate {
  /** The `category` of its files. */
  readonly id: number;
  readonly name: string;
  readonly options: readonly OrderOption[];
}

export interface EditorData {
  readonly templates: readonly EditorTemplate[];
  readonly conditions: readonly EditorCondition[];
  /** As they were generated last, in the order of their condition numbers. */
  readonly files: readonly { readonly category: number; readonly name: string }[];
  /** What was mended while reading, for people. */
  readonly notes: readonly string[];
}

/** What was given is not what the original wrote; in words for whoever gave it. */
export class NotOriginal extends Error {
  override readonly name = 'NotOriginal';
}
