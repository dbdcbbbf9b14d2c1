/** The questions as the template shows them: each with its fields, what was entered, and what is wrong with it. */
import type { Question } from './questions.js';
import { fieldName, type ReadForm } from './question-form.js';
import { problemText, type QuestionTexts } from './question-texts.js';

interface OptionView {
  readonly id: string;
  readonly value: number;
  readonly label: string;
  readonly checked: boolean;
}

export interface QuestionView {
  readonly question: Question;
  readonly id: string;
  readonly value: string;
  readonly options: readonly OptionView[];
  readonly rows: readonly { readonly name: string; readonly label: string; readonly options: readonly OptionView[] }[];
  /** Null where all is well. */
  readonly problem: string | null;
  /** The field that a link in the summary leads to. */
  readonly target: string;
}

export function questionViews(
  questions: readonly Question[],
  fields: URLSearchParams,
  problems: ReadForm['problems'],
  texts: QuestionTexts,
): QuestionView[] {
  return questions.map((question, index) => {
    const id = fieldName(index);
    const options = optionsOf(question, id, fields);
    const rows = question.kind === 'matrix' ? rowsOf(question, index, fields) : [];
    const open = rows.find((row) => row.options.every(({ checked }) => !checked)) ?? rows[0];
    const problem = problems.get(index);
    return {
      ...{ question, id, options, rows },
      value: fields.get(id) ?? '',
      problem: problem === undefined ? null : problemText(texts, question, problem),
      target: open?.options[0]?.id ?? options[0]?.id ?? id,
    };
  });
}

function optionsOf(question: Question, name: string, fields: URLSearchParams): OptionView[] {
  if (question.kind === 'choice') return choices(name, question.options, 0, fields);
  if (question.kind !== 'likert') return [];
  const points = Array.from({ length: question.points }, (_, point) => String(point + 1));
  return choices(name, points, 1, fields);
}

function rowsOf(question: Question & { kind: 'matrix' }, index: number, fields: URLSearchParams) {
  return question.rows.map((label, row) => {
    const name = fieldName(index, row);
    return { name, label, options: choices(name, question.options, 0, fields) };
  });
}

function choices(name: string, labels: readonly string[], from: number, fields: URLSearchParams): OptionView[] {
  const chosen = fields.getAll(name);
  return labels.map((label, position) => {
    const value = position + from;
    return { id: `${name}_${value}`, value, label, checked: chosen.includes(String(value)) };
  });
}
