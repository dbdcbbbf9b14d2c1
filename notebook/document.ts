/** The notebook's document: tasks of cells, in the manner of nbformat (free of the DOM). */

export type MimeBundle = Record<string, unknown>;

export type Output =
  | { output_type: 'stream'; name: 'stdout' | 'stderr'; text: string }
  | { output_type: 'display_data'; data: MimeBundle; metadata: MimeBundle }
  | { output_type: 'execute_result'; data: MimeBundle; metadata: MimeBundle; execution_count: number | null }
  | { output_type: 'error'; ename: string; evalue: string; traceback: string[] };

export interface MarkdownCell {
  id: string;
  type: 'markdown';
  source: string;
}

export interface CodeCell {
  id: string;
  type: 'code';
  source: string;
  runnable: boolean;
  executionCount: number | null;
  outputs: Output[];
}

export type Cell = MarkdownCell | CodeCell;

export interface Task {
  id: string;
  title: string;
  kind: 'introduction' | 'task' | 'closing';
  /** Time limit. */
  minutes?: number;
  cells: Cell[];
}

export interface NotebookDocument {
  tasks: Task[];
}
