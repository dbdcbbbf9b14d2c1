/** What a browser's form says, as answers to the study's questions: no script of ours stands in between. */
import { type Answers, answersSchema, type Question } from './questions.js';

export type Problem = 'required' | 'rows' | 'number' | 'range' | 'long' | 'choice';

/** Long answers to many questions; more than anybody types. */
export const FORM_LIMIT = '2mb';

export interface ReadForm {
  readonly answers: Answers;
  /** By the question's index. */
  readonly problems: ReadonlyMap<number, Problem>;
}

/** Fields are named by position: a study's words and ids may hold anything. */
export function fieldName(question: number, row?: number): string {
  return row === undefined ? `q${question}` : `q${question}-${row}`;
}

/** Everything but the answers' fields is passed over. */
export function readForm(questions: readonly Question[], fields: URLSearchParams): ReadForm {
  const answers: [string, unknown][] = [];
  const problems = new Map<number, Problem>();
  questions.forEach((question, index) => {
    const given = convert(question, index, fields);
    if (given !== undefined) answers.push([question.id, given]);
    const problem = problemOf(question, given);
    if (problem !== undefined) problems.set(index, problem);
  });
  // `fromEntries` and not assignments: a question may be called `__proto__`.
  const all = Object.fromEntries(answers);
  return { answers: problems.size > 0 ? {} : answersSchema(questions).parse(all), problems };
}

/** Undefined where nothing was filled in; what cannot be converted stays as no schema takes it. */
function convert(question: Question, index: number, fields: URLSearchParams): unknown {
  const name = fieldName(index);
  switch (question.kind) {
    case 'text':
      return writtenText(fields, name);
    case 'number':
      return numberOf(writtenText(fields, name));
    case 'choice': {
      const chosen = [...new Set(fields.getAll(name))].map((value) => optionOf(question.options, value));
      return question.several && chosen.length > 0 ? chosen : chosen[0];
    }
    case 'likert':
      return fields.has(name) ? wholeNumber(fields.get(name)!) : undefined;
    case 'matrix': {
      const rows = question.rows.flatMap((row, r): [string, unknown][] => {
        const value = fields.get(fieldName(index, r));
        return value === null ? [] : [[row, optionOf(question.options, value)]];
      });
      return rows.length > 0 ? Object.fromEntries(rows) : undefined;
    }
  }
}

function problemOf(question: Question, given: unknown): Problem | undefined {
  if (given === undefined) return question.required ? 'required' : undefined;
  if (answersSchema([question]).safeParse(Object.fromEntries([[question.id, given]])).success) return undefined;
  switch (question.kind) {
    case 'text':
      return 'long';
    case 'number':
      return Number.isFinite(given) ? 'range' : 'number';
    case 'matrix':
      return Object.keys(given as object).length < question.rows.length ? 'rows' : 'choice';
    case 'choice':
    case 'likert':
      return 'choice';
  }
}

/** As the browser's field had it: forms send lines with CRLF, and Postgres keeps no NUL. */
export function writtenText(fields: URLSearchParams, name: string): string | undefined {
  const text = (fields.get(name) ?? '').replace(/\r\n?/g, '\n').replaceAll('\0', '\uFFFD').trim();
  return text === '' ? undefined : text;
}

/** Germans write a comma. */
function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)$/.test(text) ? Number(text.replace(',', '.')) : NaN;
}

function wholeNumber(text: string): number {
  return /^\d{1,3}$/.test(text) ? Number(text) : NaN;
}

/** Null for what is no option: a browser sends that only if somebody changed the page. */
function optionOf(options: readonly string[], value: string): string | null {
  return options[wholeNumber(value)] ?? null;
}
