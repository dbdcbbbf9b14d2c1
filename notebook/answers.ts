/** What a participant has filled in, as the server wants it, or what is still wrong with it (free of the DOM). */
import type { Answer, Question } from '../src/studies/questions.js';

export type AnswerProblem = 'required' | 'rows' | 'number' | 'range';

export interface ReadAnswers {
  readonly answers: Readonly<Record<string, Answer>>;
  /** By question. */
  readonly problems: ReadonlyMap<string, AnswerProblem>;
}

/** The name of a form field; choices are told by their position, since their words may hold anything. */
export function fieldName(question: Question, row?: number): string {
  return row === undefined ? question.id : `${question.id}:${row}`;
}

export function readAnswers(questions: readonly Question[], form: FormData): ReadAnswers {
  const answers: Record<string, Answer> = {};
  const problems = new Map<string, AnswerProblem>();
  for (const question of questions) {
    const { answer, problem } = readAnswer(question, form);
    if (problem !== undefined) problems.set(question.id, problem);
    else if (answer !== undefined) answers[question.id] = answer;
    else if (question.required) problems.set(question.id, 'required');
  }
  return { answers, problems };
}

interface Reading {
  /** Undefined where nothing was filled in. */
  readonly answer?: Answer | undefined;
  readonly problem?: AnswerProblem;
}

function readAnswer(question: Question, form: FormData): Reading {
  const name = fieldName(question);
  switch (question.kind) {
    case 'text':
      return { answer: textOf(form, name) };
    case 'number':
      return readNumber(question, textOf(form, name));
    case 'choice': {
      const chosen = form.getAll(name).map((value) => question.options[Number(value)]!);
      if (!question.several) return { answer: chosen[0] };
      return { answer: chosen.length > 0 ? chosen : undefined };
    }
    case 'likert': {
      const point = textOf(form, name);
      return { answer: point === undefined ? undefined : Number(point) };
    }
    case 'matrix':
      return readMatrix(question, form);
  }
}

function readNumber(question: Question & { kind: 'number' }, text: string | undefined): Reading {
  if (text === undefined) return {};
  // Germans write a comma.
  const value = Number(text.replace(',', '.'));
  if (!Number.isFinite(value)) return { problem: 'number' };
  const isInside = value >= (question.min ?? -Infinity) && value <= (question.max ?? Infinity);
  return isInside ? { answer: value } : { problem: 'range' };
}

function readMatrix(question: Question & { kind: 'matrix' }, form: FormData): Reading {
  const chosen = question.rows.map((row, index): [string, string | undefined] => {
    const option = form.get(fieldName(question, index));
    return [row, option === null ? undefined : question.options[Number(option)]];
  });
  const answered = chosen.filter((entry): entry is [string, string] => entry[1] !== undefined);
  if (answered.length === 0) return {};
  return answered.length === chosen.length ? { answer: Object.fromEntries(answered) } : { problem: 'rows' };
}

function textOf(form: FormData, name: string): string | undefined {
  const value = form.get(name);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}
